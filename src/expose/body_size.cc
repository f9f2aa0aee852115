#include "expose/body_size.h"

#include <string_view>

#include "expose/families.h"

namespace exporter {

std::size_t EstimateDatasetBytes(const Collection& collection,
                                 const LabelTable& labels,
                                 const Dialect& dialect) {
  constexpr std::size_t kNumber = 20;  // -9223372036854775808
  // A line besides its identity and its longest label: name, braces, value.
  constexpr auto kLine = [](const Family& family) {
    return family.name.size() + kNumber + sizeof("{,} \n");
  };
  constexpr std::size_t kStatusLabel =
      kSyncStatusFamily.name.size() + sizeof("=\"NOT_EXIST\"");
  constexpr std::size_t kReasonLabel = sizeof("reason=\"api_unavailable\"");
  constexpr std::size_t kQueried = kLine(kQuerySuccessFamily) +
                                   kLine(kQueryDurationFamily) +
                                   kLine(kLastQueryFamily);
  constexpr std::size_t kFailed = kLine(kQueryFailureFamily) + kReasonLabel;
  constexpr std::size_t kStates =
      kAllSyncStates.size() *
      (kLine(kSyncStatusFamily) - kNumber + 1 + kStatusLabel);
  constexpr std::size_t kSucceeded =
      kStates + kLine(kSamplesFamily) + kLine(kAddedSamplesFamily) +
      kLine(kDeletedSamplesFamily) + kLine(kSyncDurationFamily) + kNumber +
      kLine(kCreationFamily);
  constexpr std::size_t kSeen =
      kLine(kLastCompletedFamily) +
      2 * (kLine(kSyncTasksFamily) + sizeof("status=\"COMPLETED\""));

  // Since when the two counts of a dataset go.
  const auto starts = [&](std::size_t identity) -> std::size_t {
    constexpr std::size_t kTime = kNumber + 1;  // And the point.
    if (dialect.start == StartForm::kInline) {
      return 2 * (sizeof(" st@") + kTime);
    }
    if (dialect.start == StartForm::kSample) {
      return 2 * (kSyncTasksCreated.size() + identity + kTime +
                  sizeof("{,status=\"COMPLETED\"} \n"));
    }
    return 0;
  };

  std::size_t bytes = 0;
  for (const Family& family : kFamilies) {
    bytes += 3 * sizeof("# HELP  \n") + 3 * family.name.size() +
             sizeof("stateset") + family.unit.size() + family.help.size() +
             kLine(family);
  }
  for (const Reading& reading : collection.readings) {
    const std::size_t identity = labels.Identity(reading.dataset).size();
    bytes += kLine(kInfoFamily) + labels.Info(reading.dataset).size() +
             kQueried + 3 * identity;
    if (!reading.status) {
      bytes += kFailed + identity;
      continue;
    }
    bytes += kSucceeded + (kAllSyncStates.size() + 5) * identity;
    if (!reading.status->error_code.empty()) {
      // Escaping makes two bytes of one, replacing makes three of one.
      bytes += kLine(kSyncErrorFamily) + sizeof("error_code=\"\"") +
               3 * reading.status->error_code.size() + identity;
    }
    if (reading.history) bytes += kSeen + starts(identity) + 3 * identity;
  }
  return bytes;
}

}  // namespace exporter
