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

// What is gathered before it goes on.
constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

// One collection on its way into a sink.
class Sheet {
 public:
  // All must outlive this object.
  Sheet(const Collection& collection, const LabelTable& labels,
        const Dialect& dialect, const Exposition::Sink& sink)
      : collection_(collection),
        labels_(labels),
        sink_(sink),
        writer_(dialect, out_) {
    out_.reserve(kPieceBytes + kPieceBytes / 8);
  }

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

  // The last there is.
  void WriteOwn(std::span<const prometheus::MetricFamily> families,
                std::optional<WallTime> started) {
    for (const prometheus::MetricFamily& family : families) {
      WriteFamily(family, writer_, started);
      if (out_.size() >= kPieceBytes) Pass();
    }
    writer_.End();
    Pass();
  }

 private:
  // The head of `family`, and what `write` writes of each reading. Nothing if
  // that is nothing.
  template <typename Write>
  void ForEach(const Family& family, const Write& write) {
    const std::size_t before = out_.size();
    writer_.Head(family);
    const std::size_t samples = out_.size();
    bool empty = true;
    for (const Reading& reading : collection_.readings) {
      write(reading);
      empty = empty && out_.size() == samples;
      if (out_.size() >= kPieceBytes && !empty) Pass();
    }
    if (empty) out_.resize(before);
  }

  void Pass() {
    sink_(out_);
    out_.clear();
  }

  template <typename Write>
  void ForEachStatus(const Family& family, const Write& write) {
    ForEach(family, [&](const Reading& reading) {
      if (reading.status) write(reading, *reading.status);
    });
  }

  using CountField = std::optional<std::int64_t> SyncStatus::*;

  void WriteCount(const Family& family, CountField field) {
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
  const Exposition::Sink& sink_;
  std::string out_;  // Not passed on yet.
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

void Exposition::Write(const Collection& collection, Format format,
                       std::span<const prometheus::MetricFamily> own,
                       const Sink& sink) const {
  const std::shared_ptr<const LabelTable> labels =
      LabelsOf(collection.catalogue);
  Sheet sheet(collection, *labels, DialectOf(format, created_samples_), sink);
  sheet.WriteStates(strict_stateset_, state_endings_);
  sheet.WriteStatusFields();
  sheet.WriteHistory();
  sheet.WriteInfo();
  sheet.WriteQueries();
  sheet.WriteScrape();
  sheet.WriteOwn(own, started_);
}

std::string Exposition::Write(
    const Collection& collection, Format format,
    std::span<const prometheus::MetricFamily> own) const {
  std::string body;
  body.reserve(ExpectedBytes(collection, format));
  Write(collection, format, own,
        [&](std::string_view piece) { body += piece; });
  return body;
}

std::size_t Exposition::ExpectedBytes(const Collection& collection,
                                      Format format) const {
  return EstimateDatasetBytes(collection, *LabelsOf(collection.catalogue),
                              DialectOf(format, created_samples_));
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
