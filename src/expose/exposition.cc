#include "expose/exposition.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "expose/body_size.h"
#include "expose/families.h"
#include "expose/own_families.h"
#include "expose/text_writer.h"

namespace exporter {
namespace {

using std::chrono::steady_clock;

std::int64_t Nanoseconds(steady_clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

// One collection on its way into one string.
class Sheet {
 public:
  // All must outlive this object.
  Sheet(const Collection& collection, const LabelTable& labels,
        const Dialect& dialect, std::string& out)
      : collection_(collection),
        labels_(labels),
        out_(out),
        writer_(dialect, out) {}

  // `endings` as in Exposition.
  void WriteStates(bool strict_stateset,
                   std::span<const std::array<std::string, 2>> endings) {
    Family family = kSyncStatusFamily;
    if (strict_stateset) family.type = FamilyType::kStateSet;
    ForEachStatus(
        family, [&](const Reading& reading, const SyncStatus& status) {
          for (std::size_t i = 0; i < kAllSyncStates.size(); ++i) {
            Begin(family.name, reading);
            writer_.Raw(endings[i][kAllSyncStates[i] == status.state ? 1 : 0]);
          }
        });
  }

  void WriteStatusFields() {
    WriteCount(kSamplesFamily, &SyncStatus::total_samples);
    WriteCount(kAddedSamplesFamily, &SyncStatus::added_samples);
    WriteCount(kDeletedSamplesFamily, &SyncStatus::deleted_samples);
    ForEachStatus(kSyncDurationFamily,
                  [&](const Reading& reading, const SyncStatus& status) {
                    if (!status.runtime) return;
                    BeginValue(kSyncDurationFamily, reading);
                    writer_.Number(status.runtime->count());
                    EndLine();
                  });
    ForEachStatus(kCreationFamily,
                  [&](const Reading& reading, const SyncStatus& status) {
                    WriteTime(kCreationFamily, reading, status.created);
                  });
    ForEachStatus(kSyncErrorFamily, [&](const Reading& reading,
                                        const SyncStatus& status) {
      if (status.state != SyncState::kFailed || status.error_code.empty()) {
        return;
      }
      Begin(kSyncErrorFamily.name, reading);
      writer_.Raw(',');
      writer_.Label("error_code", status.error_code);
      writer_.Raw("} 1\n");
    });
  }

  void WriteHistory() {
    ForEachStatus(kLastCompletedFamily, [&](const Reading& reading,
                                            const SyncStatus&) {
      if (!reading.history) return;
      WriteTime(kLastCompletedFamily, reading, reading.history->last_completed);
    });
    ForEachStatus(
        kSyncTasksFamily, [&](const Reading& reading, const SyncStatus&) {
          if (!reading.history) return;
          const TaskHistory& history = *reading.history;
          const bool created = writer_.dialect().start == StartForm::kSample;
          const auto line = [&](std::string_view ending, std::uint64_t tasks) {
            Begin(kSyncTasksFamily.name, reading);
            writer_.Raw(ending);
            writer_.Integer(static_cast<std::int64_t>(tasks));
            writer_.Start(history.begin);
            EndLine();
            if (!created) return;
            Begin(kSyncTasksCreated, reading);
            writer_.Raw(ending);
            writer_.Time(history.begin);
            EndLine();
          };
          line(",status=\"COMPLETED\"} ", history.completed);
          line(",status=\"FAILED\"} ", history.failed);
        });
  }

  void WriteInfo() {
    ForEach(kInfoFamily, [&](const Reading& reading) {
      writer_.Raw(kInfoFamily.name);
      writer_.Raw('{');
      writer_.Raw(labels_.Info(reading.dataset));
      writer_.Raw("} 1\n");
    });
  }

  void WriteQueries() {
    ForEach(kQuerySuccessFamily, [&](const Reading& reading) {
      Begin(kQuerySuccessFamily.name, reading);
      writer_.Raw(reading.status ? "} 1\n" : "} 0\n");
    });
    ForEach(kQueryFailureFamily, [&](const Reading& reading) {
      if (!reading.failure) return;
      Begin(kQueryFailureFamily.name, reading);
      writer_.Raw(",reason=\"");
      writer_.Raw(ToLabel(reading.failure->kind));
      writer_.Raw("\"} 1\n");
    });
    ForEach(kQueryDurationFamily, [&](const Reading& reading) {
      BeginValue(kQueryDurationFamily, reading);
      writer_.Decimal(Nanoseconds(reading.query_duration), 9);
      EndLine();
    });
    ForEach(kLastQueryFamily, [&](const Reading& reading) {
      WriteTime(kLastQueryFamily, reading, reading.fetched);
    });
  }

  void WriteScrape() {
    WriteAlone(kScrapeDurationFamily, Nanoseconds(collection_.duration), 9);
    WriteAlone(kScrapeTimeoutFamily, Nanoseconds(collection_.budget), 9);
    WriteAlone(kScrapeErrorsFamily,
               static_cast<std::int64_t>(collection_.errors), 0);
  }

 private:
  // The head of `family`, and what `write` writes of each reading. Nothing if
  // that is nothing.
  template <typename Write>
  void ForEach(const Family& family, const Write& write) {
    const std::size_t before = out_.size();
    writer_.Head(family);
    const std::size_t samples = out_.size();
    for (const Reading& reading : collection_.readings) write(reading);
    if (out_.size() == samples) out_.resize(before);
  }

  template <typename Write>
  void ForEachStatus(const Family& family, const Write& write) {
    ForEach(family, [&](const Reading& reading) {
      if (reading.status) write(reading, *reading.status);
    });
  }

  void WriteCount(const Family& family,
                  std::optional<std::int64_t> SyncStatus::*field) {
    ForEachStatus(family,
                  [&](const Reading& reading, const SyncStatus& status) {
                    const std::optional<std::int64_t>& count = status.*field;
                    if (!count) return;
                    BeginValue(family, reading);
                    writer_.Integer(*count);
                    EndLine();
                  });
  }

  void WriteTime(const Family& family, const Reading& reading,
                 std::optional<WallTime> time) {
    if (!time) return;
    BeginValue(family, reading);
    writer_.Time(*time);
    EndLine();
  }

  // A family of one sample without labels.
  void WriteAlone(const Family& family, std::int64_t units, int decimals) {
    writer_.Head(family);
    writer_.Raw(family.name);
    writer_.Raw(' ');
    writer_.Decimal(units, decimals);
    EndLine();
  }

  // A line as far as every line of the reading's dataset goes alike.
  void Begin(std::string_view name, const Reading& reading) {
    writer_.Raw(name);
    writer_.Raw('{');
    writer_.Raw(labels_.Identity(reading.dataset));
  }

  void BeginValue(const Family& family, const Reading& reading) {
    Begin(family.name, reading);
    writer_.Raw("} ");
  }

  void EndLine() { writer_.Raw('\n'); }

  const Collection& collection_;
  const LabelTable& labels_;
  std::string& out_;
  TextWriter writer_;
};

std::array<std::array<std::string, 2>, kAllSyncStates.size()> RenderEndings(
    bool strict_stateset) {
  const std::string_view label =
      strict_stateset ? kSyncStatusFamily.name : "status";
  std::array<std::array<std::string, 2>, kAllSyncStates.size()> endings;
  for (std::size_t i = 0; i < kAllSyncStates.size(); ++i) {
    std::string start = ",";
    start += label;
    start += "=\"";
    start += ToLabel(kAllSyncStates[i]);
    start += "\"} ";
    endings[i] = {start + "0\n", start + "1\n"};
  }
  return endings;
}

}  // namespace

Exposition::Exposition(bool strict_stateset, std::optional<WallTime> started,
                       bool created_samples)
    : strict_stateset_(strict_stateset),
      started_(started),
      created_samples_(created_samples),
      state_endings_(RenderEndings(strict_stateset)) {}

std::string Exposition::Write(
    const Collection& collection, Format format,
    std::span<const prometheus::MetricFamily> own) const {
  const std::shared_ptr<const LabelTable> labels =
      LabelsOf(collection.catalogue);

  const Dialect& dialect = DialectOf(format, created_samples_);

  // The end first: then the size of the whole is known before it is reserved.
  std::string end;
  TextWriter end_writer(dialect, end);
  for (const prometheus::MetricFamily& family : own) {
    WriteFamily(family, end_writer, started_);
  }
  end_writer.End();

  std::string body;
  body.reserve(EstimateDatasetBytes(collection, *labels, dialect) + end.size());
  Sheet sheet(collection, *labels, dialect, body);
  sheet.WriteStates(strict_stateset_, state_endings_);
  sheet.WriteStatusFields();
  sheet.WriteHistory();
  sheet.WriteInfo();
  sheet.WriteQueries();
  sheet.WriteScrape();
  body += end;
  return body;
}

std::shared_ptr<const LabelTable> Exposition::LabelsOf(
    const std::shared_ptr<const Catalogue>& catalogue) const {
  {
    const std::lock_guard lock(mutex_);
    if (labels_ && labels_->catalogue() == catalogue) return labels_;
  }
  // Two scrapes may render the same table at once, which costs less than one
  // waiting for the other.
  auto labels = std::make_shared<const LabelTable>(catalogue);
  const std::lock_guard lock(mutex_);
  labels_ = labels;
  return labels;
}

}  // namespace exporter
