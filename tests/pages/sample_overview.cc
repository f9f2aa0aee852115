#include "pages/sample_overview.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

const WallTime kNow(1'704'110'400'000ms);

constexpr char kProject[] = "77b6a44cba5143ab91d13ab9a8ff44fd";
constexpr char kOtherProject[] = "0605767faa80d5762f5ac01b4a0e4f5c";

class OverviewBuilder {
 public:
  void Add(Dataset dataset, Overview::Row row) {
    row.reading.dataset = catalogue_->datasets.size();
    catalogue_->datasets.push_back(std::move(dataset));
    overview_.rows.push_back(std::move(row));
  }

  Overview Scraped(std::chrono::milliseconds ago) {
    overview_.catalogue = catalogue_;
    overview_.last_scrape = kNow - ago;
    overview_.scrape_duration = 1320ms;
    overview_.scrape_budget = 9500ms;
    return overview_;
  }

  Overview Unscraped() {
    overview_.catalogue = catalogue_;
    return overview_;
  }

 private:
  std::shared_ptr<Catalogue> catalogue_ = std::make_shared<Catalogue>();
  Overview overview_;
};

// The usual outcome, and at the end some that are new.
OutcomeTrail Trail(std::size_t size, std::optional<SyncState> usual,
                   std::optional<SyncState> last, std::size_t lasts) {
  OutcomeTrail trail;
  for (std::size_t i = lasts; i < size; ++i) trail.Add(usual);
  for (std::size_t i = 0; i < lasts; ++i) trail.Add(last);
  return trail;
}

SyncStatus Completed(std::int64_t samples) {
  SyncStatus status;
  status.state = SyncState::kCompleted;
  status.total_samples = samples;
  status.added_samples = 120;
  status.deleted_samples = 4;
  status.created = kNow - 26h;
  status.runtime = 37s;
  status.task_id = "T1";
  return status;
}

Overview::Row Answered(SyncStatus status, OutcomeTrail trail) {
  Overview::Row row;
  row.reading.status = std::make_shared<const SyncStatus>(std::move(status));
  row.reading.fetched = kNow - 12s;
  row.reading.query_duration = 45ms;
  row.last_good = row.reading.status;
  row.trail = trail;
  return row;
}

Overview::Row Failing(Error error, std::optional<SyncStatus> before,
                      OutcomeTrail trail) {
  Overview::Row row;
  row.reading.failure = std::make_shared<const Error>(std::move(error));
  if (before) {
    row.last_good = std::make_shared<const SyncStatus>(*before);
    row.reading.fetched = kNow - 95min;
  }
  row.trail = trail;
  return row;
}

Dataset MakeDataset(
    std::string project, std::string id, std::string name,
    std::vector<std::pair<std::string, std::string>> labels = {}) {
  Dataset dataset;
  dataset.key = {std::move(project), std::move(id)};
  dataset.name = std::move(name);
  dataset.region = dataset.key.project_id == kProject ? "cn-north-4" : "eu-de";
  dataset.labels = std::move(labels);
  return dataset;
}

Error Unauthorized() {
  return {.kind = ErrorKind::kUnauthorized,
          .message =
              "HTTP 401 APIG.0301: Incorrect IAM authentication information: "
              "decrypt token fail",
          .http_status = 401,
          .code = "APIG.0301",
          .cloud_text =
              "Incorrect IAM authentication information: decrypt "
              "token fail",
          .request_id = "9b4f6fb9f2a1c0d3e2c7a1b0c9d8e7f6"};
}

Error TimedOut() {
  return {.kind = ErrorKind::kTimeout,
          .message =
              "GET https://modelarts.cn-north-4.myhuaweicloud.com/v2/"
              "77b6a44cba5143ab91d13ab9a8ff44fd/datasets/Tz1o8VbnMq5/sync-data/"
              "status: no reply within 5s"};
}

void AddTasks(OverviewBuilder& overview) {
  overview.Add(MakeDataset(kProject, "gfghHSokody6AJigS5A", "street-signs",
                           {{"team", "perception"}, {"tier", "gold"}}),
               Answered(Completed(1'204'331), Trail(50, SyncState::kCompleted,
                                                    SyncState::kCompleted, 0)));
  SyncStatus running = Completed(88'120);
  running.state = SyncState::kRunning;
  running.created = kNow - 125s;
  running.runtime = 125s;
  overview.Add(
      MakeDataset(kProject, "Hc7wPq0dXyLmN2sVbRk", "lidar-sweeps-2023"),
      Answered(running,
               Trail(50, SyncState::kCompleted, SyncState::kRunning, 9)));
  SyncStatus failed = Completed(45'000);
  failed.state = SyncState::kFailed;
  failed.runtime = 3h + 7min;
  failed.error_code = "ModelArts.4718";
  failed.error_text = "The OBS path obs://acme-raw/cats/ does not exist.";
  failed.task_id = "X4dWqq8ZtT1fKpU6JmE";
  overview.Add(
      MakeDataset(kProject, "pV5rJ1uYkTz8QeGh3Wn", "cats", {{"team", "pets"}}),
      Answered(failed,
               Trail(34, SyncState::kCompleted, SyncState::kFailed, 3)));
  SyncStatus queuing;
  queuing.state = SyncState::kQueuing;
  queuing.created = kNow - 4s;
  overview.Add(MakeDataset(kProject, "mD4sFb6ZxCvBnM1lKjH", "dashcam-rain"),
               Answered(queuing, Trail(50, SyncState::kCompleted,
                                       SyncState::kQueuing, 1)));
  SyncStatus starting;
  starting.state = SyncState::kStarting;
  overview.Add(MakeDataset(kOtherProject, "uT6yRr3EwQaSdFgHjK2", "invoices-de"),
               Answered(starting, Trail(50, SyncState::kCompleted,
                                        SyncState::kStarting, 2)));
  SyncStatus none;
  none.state = SyncState::kNotExist;
  overview.Add(
      MakeDataset(kOtherProject, "bN8mLpOiUyTrEwQ1zXc", ""),
      Answered(none, Trail(50, SyncState::kNotExist, SyncState::kNotExist, 0)));
  SyncStatus unknown = Completed(310);
  unknown.state = SyncState::kUnknown;
  unknown.unknown_word = "PAUSED";
  overview.Add(
      MakeDataset(kOtherProject, "yH2gTfRdEsWaQzXcVbN", "faces-consented"),
      Answered(unknown,
               Trail(12, SyncState::kCompleted, SyncState::kUnknown, 4)));
}

}  // namespace

PageContext SampleContext() {
  PageContext context;
  context.version = "1.0.0";
  context.revision = "5dbf94f";
  context.now = kNow;
  context.started = kNow - 75h;
  return context;
}

Overview SmallOverview() {
  OverviewBuilder overview;
  AddTasks(overview);
  overview.Add(MakeDataset(kOtherProject, "kQ3vB9xLw2RtYpZs7NcD", "receipts"),
               Failing(Unauthorized(), Completed(9'120),
                       Trail(50, SyncState::kCompleted, std::nullopt, 22)));
  overview.Add(MakeDataset(kProject, "Tz1o8VbnMq5", "drone-footage"),
               Failing(TimedOut(), std::nullopt,
                       Trail(3, std::nullopt, std::nullopt, 0)));
  overview.Add(MakeDataset(kProject, "zZ9xW8vU7tS6rQ5pO4n", "night-scenes"),
               Answered(Completed(INT64_MAX), Trail(50, SyncState::kCompleted,
                                                    SyncState::kCompleted, 0)));
  return overview.Scraped(12s);
}

Overview UnaskedOverview() {
  OverviewBuilder overview;
  overview.Add(MakeDataset(kProject, "gfghHSokody6AJigS5A", "street-signs"),
               Overview::Row());
  overview.Add(MakeDataset(kOtherProject, "kQ3vB9xLw2RtYpZs7NcD", ""),
               Overview::Row());
  return overview.Unscraped();
}

Overview HostileOverview() {
  constexpr char kScript[] = "<script>alert(1)</script>";
  constexpr char kImage[] = "\"'><img src=x onerror=alert(2)>";
  constexpr char kRightToLeft[] =
      "\xE2\x80\xAEgnp.tac\xE2\x80\xA6 \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D";
  OverviewBuilder overview;
  overview.Add(MakeDataset(kProject, "d-script", kScript,
                           {{"team", "</bdi></td></table><h2>gone</h2>"}}),
               Answered(Completed(1), OutcomeTrail()));
  overview.Add(MakeDataset(kProject, "d-image", kImage,
                           {{"note", "<style>body{display:none}</style>"}}),
               Answered(Completed(2), OutcomeTrail()));
  overview.Add(MakeDataset(kProject, "d-rtl", kRightToLeft),
               Answered(Completed(3), OutcomeTrail()));
  overview.Add(MakeDataset(kProject, "d-bytes", "nul\0 bad\xFF\xC0 end"s),
               Answered(Completed(4), OutcomeTrail()));
  overview.Add(MakeDataset(kProject, "d-long", std::string(300, 'W')),
               Answered(Completed(5), OutcomeTrail()));
  overview.Add(
      MakeDataset(kProject, "d-cloud", "&lt;b&gt;"),
      Failing({.kind = ErrorKind::kServerError,
               .message = "GET https://h/v2/p/datasets/d: HTTP 502",
               .http_status = 502,
               .code = kImage,
               .cloud_text = std::string("</script><script>alert(3)</script>"
                                         "<!-- ") +
                             kRightToLeft + std::string(20'000, '<'),
               .request_id = "\" onmouseover=alert(4) x=\""},
              std::nullopt, OutcomeTrail()));
  SyncStatus unknown = Completed(6);
  unknown.state = SyncState::kUnknown;
  unknown.unknown_word = "]]><svg onload=alert(5)>";
  overview.Add(MakeDataset(kProject, "d-word", "javascript:alert(6)"),
               Answered(unknown, OutcomeTrail()));
  return overview.Scraped(1s);
}

Overview LargeOverview(std::size_t datasets, std::size_t tick) {
  OverviewBuilder overview;
  for (std::size_t i = 0; i < datasets; ++i) {
    const std::string number = std::to_string(i);
    Dataset dataset = MakeDataset(i % 3 == 0 ? kOtherProject : kProject,
                                  "gfghHSokody6AJ" + number, "set-" + number);
    if (i % 5 == 0)
      dataset.labels = {{"team", "team-" + std::to_string(i % 7)}};
    const std::size_t dice = (i * 7919 + tick) % 100;
    const auto samples = static_cast<std::int64_t>(i * 7919 % 100'003);
    OutcomeTrail trail;
    for (std::size_t past = 0; past < OutcomeTrail::kMost; ++past) {
      const std::size_t roll = (i * 31 + past * 17) % 53;
      if (roll == 0) {
        trail.Add(std::nullopt);
      } else if (roll == 1) {
        trail.Add(SyncState::kFailed);
      } else {
        trail.Add(roll < 6 ? SyncState::kRunning : SyncState::kCompleted);
      }
    }
    if (dice == 0) {
      overview.Add(dataset, Failing(TimedOut(), Completed(samples), trail));
    } else if (dice == 1) {
      overview.Add(dataset, Failing(Unauthorized(), std::nullopt, trail));
    } else {
      SyncStatus status = Completed(samples);
      if (dice == 2) {
        status.state = SyncState::kFailed;
        status.error_code = "ModelArts.4718";
        status.error_text = "The OBS path does not exist.";
      } else if (dice < 7) {
        status.state = SyncState::kRunning;
      }
      overview.Add(dataset, Answered(status, trail));
    }
  }
  return overview.Scraped(12s);
}

}  // namespace exporter
