#include "expose/sample_collection.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "support/whole_body.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr char kProject[] = "77b6a44cba5143ab91d13ab9a8ff44fd";

WallTime At(std::int64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

const WallTime kFirstAnswer = At(1'604'000'000'500);

Dataset MakeDataset(std::string id, std::string name) {
  Dataset dataset;
  dataset.key = {kProject, std::move(id)};
  dataset.name = std::move(name);
  dataset.region = "cn-north-4";
  return dataset;
}

Reading Answered(std::size_t dataset, SyncStatus status) {
  Reading reading;
  reading.dataset = dataset;
  reading.status = std::make_shared<const SyncStatus>(std::move(status));
  reading.query_duration = 12'345'678ns;
  reading.fetched = At(1'704'067'200'000);
  reading.history = TaskHistory{.begin = kFirstAnswer};
  return reading;
}

}  // namespace

Collection SmallCase() {
  auto catalogue = std::make_shared<Catalogue>();
  catalogue->datasets = {
      MakeDataset("gfghHSokody6AJigS5A", "street-signs"),
      MakeDataset("ds-completed", "cats"),
      MakeDataset("ds-running", "dogs"),
      MakeDataset("ds-failed", "say \"hi\"\\\n"),
      MakeDataset("ds-none", ""),
      MakeDataset("ds-gone", "old"),
  };

  SyncStatus completed;
  completed.state = SyncState::kCompleted;
  completed.total_samples = 12000;
  completed.added_samples = 120;
  completed.deleted_samples = 4;
  completed.created = At(1'606'114'833'874);
  completed.runtime = 37s;
  completed.task_id = "T1";

  SyncStatus running;
  running.state = SyncState::kRunning;
  running.total_samples = 500;
  running.added_samples = 3;
  running.deleted_samples = 0;
  running.created = At(1'606'373'999'627);
  running.runtime = 12s;

  SyncStatus failed;
  failed.state = SyncState::kFailed;
  failed.created = At(1'606'372'570'023);
  failed.error_code = "ModelArts.4360";
  failed.error_text = "Sync data source error";

  SyncStatus bare;
  bare.state = SyncState::kCompleted;
  SyncStatus none;
  none.state = SyncState::kNotExist;

  Collection collection;
  collection.readings = {
      Answered(0, bare),   Answered(1, completed), Answered(2, running),
      Answered(3, failed), Answered(4, none),
  };
  collection.readings[1].history = {kFirstAnswer, 1, 2, At(1'606'114'870'874)};

  Reading gone;
  gone.dataset = 5;
  gone.failure = std::make_shared<const Error>(
      Error{ErrorKind::kNotFound, "GET /v2/…: Dataset does not exist", 400,
            "ModelArts.4352", "Dataset does not exist", ""});
  gone.query_duration = 2s;
  gone.fetched = At(1'704'067'140'500);
  gone.history = {kFirstAnswer, 7, 1, At(1'606'114'870'874)};
  collection.readings.push_back(gone);

  collection.catalogue = std::move(catalogue);
  collection.duration = 2'000'100us;
  collection.budget = 9500ms;
  collection.errors = 1;
  return collection;
}

Collection UsualCase(std::size_t datasets) {
  auto catalogue = std::make_shared<Catalogue>();
  Collection collection;
  for (std::size_t i = 0; i < datasets; ++i) {
    const std::string number = std::to_string(i);
    catalogue->datasets.push_back(MakeDataset("dataset-" + number + "-AJigS5A",
                                              "street-signs-" + number));

    SyncStatus status;
    status.state = i % 20 == 0 ? SyncState::kFailed : SyncState::kCompleted;
    if (i % 20 == 0) status.error_code = "ModelArts.4360";
    status.total_samples = 12000 + static_cast<std::int64_t>(i);
    status.added_samples = 120;
    status.deleted_samples = 4;
    status.created = At(1'606'114'833'874 + static_cast<std::int64_t>(i));
    status.runtime = 37s;
    collection.readings.push_back(Answered(i, std::move(status)));
    collection.readings.back().history = {kFirstAnswer, 3, 1,
                                          At(1'606'114'870'874)};
  }
  collection.catalogue = std::move(catalogue);
  collection.duration = 120ms;
  collection.budget = 9500ms;
  return collection;
}

std::string Written(const Exposition& exposition, const Collection& collection,
                    Format format, std::vector<prometheus::MetricFamily> own) {
  return WholeBody(exposition.Write(
      std::make_shared<const Collection>(collection), format, std::move(own)));
}

}  // namespace exporter
