#include "expose/exposition.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "expose/families.h"
#include "expose/own_families.h"
#include "expose/text_writer.h"

namespace exporter {
namespace {

using std::chrono::steady_clock;

std::int64_t Nanoseconds(steady_clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

// Writes what one reading has of a family: its lines, or nothing.
class ReadingWriter {
 public:
  // All must outlive this object. `endings` as in Exposition.
  ReadingWriter(TextWriter& writer, const LabelTable& labels,
                std::span<const std::array<std::string, 2>> endings)
      : writer_(writer), labels_(labels), endings_(endings) {}

  void States(const Family& family, const Reading& reading) {
    if (!reading.status) return;
    for (std::size_t i = 0; i < kAllSyncStates.size(); ++i) {
      Begin(family.name, reading);
      const bool is_current = kAllSyncStates[i] == reading.status->state;
      writer_.Raw(endings_[i][is_current ? 1 : 0]);
    }
  }

  using CountField = PackedOptional<std::int64_t> SyncStatus::*;

  template <CountField field>
  void Count(const Family& family, const Reading& reading) {
    if (!reading.status || !((*reading.status).*field)) return;
    BeginValue(family, reading);
    writer_.Integer(*((*reading.status).*field));
    EndLine();
  }

  void SyncDuration(const Family& family, const Reading& reading) {
    if (!reading.status || !reading.status->runtime) return;
    BeginValue(family, reading);
    writer_.Number(reading.status->runtime->count());
    EndLine();
  }

  void Creation(const Family& family, const Reading& reading) {
    if (reading.status) Time(family, reading, reading.status->created);
  }

  void SyncError(const Family& family, const Reading& reading) {
    if (!reading.status || reading.status->state != SyncState::kFailed ||
        reading.status->error_code.empty()) {
      return;
    }
    Begin(family.name, reading);
    writer_.Raw(',');
    writer_.Label("error_code", reading.status->error_code);
    writer_.Raw("} 1\n");
  }

  void LastCompleted(const Family& family, const Reading& reading) {
    if (!reading.status || !reading.history) return;
    Time(family, reading, reading.history->last_completed);
  }

  void SyncTasks(const Family& family, const Reading& reading) {
    if (!reading.status || !reading.history) return;
    const TaskHistory& history = *reading.history;
    const bool created = writer_.dialect().start == StartForm::kSample;
    const auto line = [&](std::string_view ending, std::uint64_t tasks) {
      Begin(family.name, reading);
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
  }

  void Info(const Family& family, const Reading& reading) {
    writer_.Raw(family.name);
    writer_.Raw('{');
    writer_.Raw(labels_.Project(reading.dataset));
    writer_.Raw(labels_.Info(reading.dataset));
    writer_.Raw("} 1\n");
  }

  void QuerySuccess(const Family& family, const Reading& reading) {
    Begin(family.name, reading);
    writer_.Raw(reading.status ? "} 1\n" : "} 0\n");
  }

  void QueryFailure(const Family& family, const Reading& reading) {
    if (!reading.failure) return;
    Begin(family.name, reading);
    writer_.Raw(",reason=\"");
    writer_.Raw(ToLabel(reading.failure->kind));
    writer_.Raw("\"} 1\n");
  }

  void QueryDuration(const Family& family, const Reading& reading) {
    BeginValue(family, reading);
    writer_.Decimal(Nanoseconds(reading.query_duration), 9);
    EndLine();
  }

  void LastQuery(const Family& family, const Reading& reading) {
    Time(family, reading, reading.fetched);
  }

 private:
  void Time(const Family& family, const Reading& reading,
            std::optional<WallTime> time) {
    if (!time) return;
    BeginValue(family, reading);
    writer_.Time(*time);
    EndLine();
  }

  // A line as far as every line of the reading's dataset goes alike.
  void Begin(std::string_view name, const Reading& reading) {
    writer_.Raw(name);
    writer_.Raw('{');
    writer_.Raw(labels_.Project(reading.dataset));
    writer_.Raw(labels_.Id(reading.dataset));
  }

  void BeginValue(const Family& family, const Reading& reading) {
    Begin(family.name, reading);
    writer_.Raw("} ");
  }

  void EndLine() { writer_.Raw('\n'); }

  TextWriter& writer_;
  const LabelTable& labels_;
  const std::span<const std::array<std::string, 2>> endings_;
};

// The families of the datasets in their order.
struct Part {
  Family family;
  void (ReadingWriter::*write)(const Family&, const Reading&);
};
constexpr std::array kParts = {
    Part{kSyncStatusFamily, &ReadingWriter::States},
    Part{kSamplesFamily, &ReadingWriter::Count<&SyncStatus::total_samples>},
    Part{kAddedSamplesFamily,
         &ReadingWriter::Count<&SyncStatus::added_samples>},
    Part{kDeletedSamplesFamily,
         &ReadingWriter::Count<&SyncStatus::deleted_samples>},
    Part{kSyncDurationFamily, &ReadingWriter::SyncDuration},
    Part{kCreationFamily, &ReadingWriter::Creation},
    Part{kSyncErrorFamily, &ReadingWriter::SyncError},
    Part{kLastCompletedFamily, &ReadingWriter::LastCompleted},
    Part{kSyncTasksFamily, &ReadingWriter::SyncTasks},
    Part{kInfoFamily, &ReadingWriter::Info},
    Part{kQuerySuccessFamily, &ReadingWriter::QuerySuccess},
    Part{kQueryFailureFamily, &ReadingWriter::QueryFailure},
    Part{kQueryDurationFamily, &ReadingWriter::QueryDuration},
    Part{kLastQueryFamily, &ReadingWriter::LastQuery}};

void WriteScrape(const Collection& collection, TextWriter& writer) {
  const auto write = [&](const Family& family, std::int64_t units,
                         int decimals) {
    writer.Head(family);
    writer.Raw(family.name);
    writer.Raw(' ');
    writer.Decimal(units, decimals);
    writer.Raw('\n');
  };
  write(kScrapeDurationFamily, Nanoseconds(collection.duration), 9);
  write(kScrapeTimeoutFamily, Nanoseconds(collection.budget), 9);
  write(kScrapeErrorsFamily, static_cast<std::int64_t>(collection.errors), 0);
}

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

// One collection on its way into a body: knows how far it is.
class Exposition::Sheet {
 public:
  // `exposition` and `dialect` must outlive this object.
  Sheet(const Exposition& exposition, const Dialect& dialect,
        std::shared_ptr<const Collection> collection,
        std::vector<prometheus::MetricFamily> own)
      : exposition_(exposition),
        dialect_(dialect),
        collection_(std::move(collection)),
        labels_(exposition.LabelsOf(collection_->catalogue)),
        own_(std::move(own)) {}

  // As a BodySource.
  bool Next(std::string& out) {
    out.reserve(kPieceBytes + kPieceBytes / 8);
    TextWriter writer(dialect_, out);
    for (; part_ < kParts.size(); ++part_, reading_ = 0) {
      if (!WritePart(kParts[part_], writer, out)) return true;
    }
    if (part_ == kParts.size()) {
      WriteScrape(*collection_, writer);
      ++part_;
    }
    while (own_at_ < own_.size()) {
      if (out.size() >= kPieceBytes) return true;
      WriteFamily(own_[own_at_++], writer, exposition_.started_);
    }
    writer.End();
    return false;
  }

 private:
  // From reading_ on; with the head before the first, if there are samples.
  // False where the piece is full before the end.
  bool WritePart(const Part& part, TextWriter& writer, std::string& out) {
    ReadingWriter lines(writer, *labels_, exposition_.state_endings_);
    Family family = part.family;
    if (part_ == 0 && exposition_.strict_stateset_) {
      family.type = FamilyType::kStateSet;
    }
    const std::size_t before = out.size();
    bool empty = reading_ == 0;
    if (empty) writer.Head(family);
    const std::size_t samples = out.size();
    while (reading_ < collection_->readings.size()) {
      (lines.*part.write)(family, collection_->readings[reading_++]);
      empty = empty && out.size() == samples;
      if (out.size() >= kPieceBytes && !empty) return false;
    }
    if (empty) out.resize(before);
    return true;
  }

  const Exposition& exposition_;
  const Dialect& dialect_;
  const std::shared_ptr<const Collection> collection_;
  const std::shared_ptr<const LabelTable> labels_;
  const std::vector<prometheus::MetricFamily> own_;
  std::size_t part_ = 0;     // What comes next: of kParts, or behind them,
  std::size_t reading_ = 0;  // of the collection's readings,
  std::size_t own_at_ = 0;   // and of own_.
};

BodySource Exposition::Write(std::shared_ptr<const Collection> collection,
                             Format format,
                             std::vector<prometheus::MetricFamily> own) const {
  const auto sheet =
      std::make_shared<Sheet>(*this, DialectOf(format, created_samples_),
                              std::move(collection), std::move(own));
  return [sheet](std::string& out) { return sheet->Next(out); };
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
