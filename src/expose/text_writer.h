// Writes the bytes of all text formats: heads of families, labels, numbers and
// times. Knows nothing of datasets.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "expose/dialect.h"
#include "expose/negotiation.h"

namespace exporter {

// What is said of a family above its samples.
struct Family {
  // As its samples have it in all formats: a counter ends in "_total", an info
  // in "_info".
  std::string_view name;
  FamilyType type;
  // The last word of the name, "_total" aside, e.g. "seconds"; empty when it
  // has none.
  std::string_view unit;
  std::string_view help;
};

// Appends to a string of the caller; allocates only where that string has to
// grow. A line is written piece by piece, so that what was rendered before is
// copied and never looked at again. Numbers look the same in every locale.
//
//   TextWriter writer(Format::kText, out);
//   writer.Head(family);
//   writer.Raw("up{");
//   writer.Label("job", job);
//   writer.Raw("} ");
//   writer.Integer(1);
//   writer.Raw('\n');
//   writer.End();
//
// Not safe for concurrent use.
class TextWriter {
 public:
  // `dialect` and `out` must outlive this object.
  TextWriter(const Dialect& dialect, std::string& out)
      : dialect_(dialect), out_(out) {}
  TextWriter(Format format, std::string& out)
      : TextWriter(DialectOf(format), out) {}

  [[nodiscard]] const Dialect& dialect() const { return dialect_; }

  // TYPE, HELP and, in OpenMetrics, UNIT, in the order of the dialect; HELP and
  // UNIT where there is one.
  void Head(const Family& family);

  // `text` as it is.
  void Raw(std::string_view text) { out_.append(text); }
  void Raw(char letter) { out_ += letter; }

  // `name="value"`, escaped; bytes that are no UTF-8 are replaced by U+FFFD.
  void Label(std::string_view name, std::string_view value);

  // Every digit of `value`.
  void Integer(std::int64_t value);

  // A whole number below 2^53 as an integer; else the shortest text that reads
  // back as `value`; "NaN", "+Inf", "-Inf".
  void Number(double value);

  // `units` / 10^`decimals`, exactly and without zeros at the end: (1500, 3) is
  // "1.5". REQUIRES: 0 <= decimals <= 18.
  void Decimal(std::int64_t units, int decimals);

  // A value of `le` or `quantile`, which shows that it is no integer: "1.0",
  // "0.25", "1e+06", "+Inf".
  // Source: OpenMetrics 1.0, Considerations: Canonical Numbers.
  void Bound(double value);

  // A space and when a sample was taken, in the unit of the format.
  void Timestamp(std::int64_t unix_milliseconds);

  // Unix time in seconds.
  void Time(WallTime time) { Decimal(time.time_since_epoch().count(), 3); }

  // A space and since when a sample has been counted; nothing in formats that
  // do not say it inline. Comes last in the line.
  void Start(WallTime start);

  // What ends the whole exposition: "# EOF" in OpenMetrics.
  void End();

 private:
  const Dialect& dialect_;
  std::string& out_;
};

}  // namespace exporter
