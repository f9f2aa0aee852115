#include "expose/own_families.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kTotal = "_total";

FamilyType TypeOf(const MetricFamily& family, const Dialect& dialect) {
  const std::string_view name = family.name;
  const auto is_one = [](const ClientMetric& metric) {
    return metric.gauge.value == 1;
  };
  switch (family.type) {
    case MetricType::Counter:
      return dialect.declares_stem && !name.ends_with(kTotal)
                 ? FamilyType::kUnknown
                 : FamilyType::kCounter;
    case MetricType::Gauge:
      return name.ends_with("_info") && std::all_of(family.metric.begin(),
                                                    family.metric.end(), is_one)
                 ? FamilyType::kInfo
                 : FamilyType::kGauge;
    case MetricType::Summary:
      return FamilyType::kSummary;
    case MetricType::Untyped:
      return FamilyType::kUnknown;
    case MetricType::Histogram:
      return FamilyType::kHistogram;
  }
  throw std::logic_error("MetricType out of range");
}

// Whether it has a beginning.
bool IsCounted(FamilyType type) {
  return type == FamilyType::kCounter || type == FamilyType::kHistogram ||
         type == FamilyType::kSummary;
}

std::string_view UnitOf(std::string_view name, FamilyType type) {
  if (type == FamilyType::kCounter && name.ends_with(kTotal)) {
    name.remove_suffix(kTotal.size());
  }
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (name.size() > unit.size() && name.ends_with(unit) &&
        name[name.size() - unit.size() - 1] == '_') {
      return unit;
    }
  }
  return {};
}

// A label that a histogram or a summary adds to those of the metric.
struct BoundLabel {
  std::string_view name;
  double value;
};

// A sample up to its value: name, labels and the space behind them.
void Begin(std::string_view name, std::string_view suffix,
           const ClientMetric& metric, std::optional<BoundLabel> bound,
           TextWriter& writer) {
  writer.Raw(name);
  writer.Raw(suffix);
  char separator = '{';
  const auto separate = [&] {
    writer.Raw(separator);
    separator = ',';
  };
  for (const ClientMetric::Label& label : metric.label) {
    separate();
    writer.Label(label.name, label.value);
  }
  if (bound) {
    separate();
    writer.Raw(bound->name);
    writer.Raw("=\"");
    writer.Bound(bound->value);
    writer.Raw('"');
  }
  writer.Raw(separator == '{' ? " " : "} ");
}

void End(const ClientMetric& metric, std::optional<WallTime> start,
         TextWriter& writer) {
  if (metric.timestamp_ms != 0) writer.Timestamp(metric.timestamp_ms);
  if (start) writer.Start(*start);
  writer.Raw('\n');
}

void WriteValue(double value, TextWriter& writer) { writer.Number(value); }
void WriteValue(std::uint64_t count, TextWriter& writer) {
  writer.Integer(static_cast<std::int64_t>(count));
}

template <typename Value>
void WriteSample(const MetricFamily& family, std::string_view suffix,
                 const ClientMetric& metric, Value value, TextWriter& writer,
                 std::optional<BoundLabel> bound = std::nullopt,
                 std::optional<WallTime> start = std::nullopt) {
  Begin(family.name, suffix, metric, bound, writer);
  WriteValue(value, writer);
  End(metric, start, writer);
}

// What tells the samples of a histogram from those of a summary.
struct Parts {
  std::string_view suffix;  // Of the samples of the parts,
  std::string_view label;   // and the label of their bound.
  std::string_view list;    // What begins their list in a composite value.
};
constexpr Parts kBuckets = {"_bucket", "le", ",bucket:["};
constexpr Parts kQuantiles = {"", "quantile", ",quantile:["};

// `for_each` calls what it is given with the bound and the value of each part.
template <typename ForEach>
void WriteDistribution(const MetricFamily& family, const ClientMetric& metric,
                       const Parts& parts, std::uint64_t count, double sum,
                       std::optional<WallTime> start, TextWriter& writer,
                       const ForEach& for_each) {
  if (!writer.dialect().composite) {
    for_each([&](double bound, auto value) {
      WriteSample(family, parts.suffix, metric, value, writer,
                  BoundLabel{parts.label, bound});
    });
    WriteSample(family, "_sum", metric, sum, writer);
    WriteSample(family, "_count", metric, count, writer);
    return;
  }
  Begin(family.name, "", metric, std::nullopt, writer);
  writer.Raw("{count:");
  WriteValue(count, writer);
  writer.Raw(",sum:");
  WriteValue(sum, writer);
  writer.Raw(parts.list);
  std::string_view separator;
  for_each([&](double bound, auto value) {
    writer.Raw(separator);
    writer.Bound(bound);
    writer.Raw(':');
    WriteValue(value, writer);
    separator = ",";
  });
  writer.Raw("]}");
  End(metric, start, writer);
}

void WriteSummary(const MetricFamily& family, const ClientMetric& metric,
                  std::optional<WallTime> start, TextWriter& writer) {
  const ClientMetric::Summary& summary = metric.summary;
  WriteDistribution(family, metric, kQuantiles, summary.sample_count,
                    summary.sample_sum, start, writer, [&](const auto& write) {
                      for (const auto& [quantile, value] : summary.quantile) {
                        write(quantile, value);
                      }
                    });
}

void WriteHistogram(const MetricFamily& family, const ClientMetric& metric,
                    std::optional<WallTime> start, TextWriter& writer) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const ClientMetric::Histogram& histogram = metric.histogram;
  WriteDistribution(family, metric, kBuckets, histogram.sample_count,
                    histogram.sample_sum, start, writer,
                    [&](const auto& write) {
                      for (const auto& [count, bound] : histogram.bucket) {
                        if (bound != kInfinity) write(bound, count);
                      }
                      // All formats require this one, listed or not.
                      write(kInfinity, histogram.sample_count);
                    });
}

// The sample that says since when `metric` counts. REQUIRES: a counter ends in
// "_total".
void WriteCreated(const MetricFamily& family, const ClientMetric& metric,
                  WallTime start, TextWriter& writer) {
  std::string_view name = family.name;
  if (family.type == MetricType::Counter) name.remove_suffix(kTotal.size());
  Begin(name, "_created", metric, std::nullopt, writer);
  writer.Time(start);
  End(metric, std::nullopt, writer);
}

void WriteMetric(const MetricFamily& family, const ClientMetric& metric,
                 std::optional<WallTime> start, TextWriter& writer) {
  switch (family.type) {
    case MetricType::Counter:
      return WriteSample(family, "", metric, metric.counter.value, writer,
                         std::nullopt, start);
    case MetricType::Gauge:
      return WriteSample(family, "", metric, metric.gauge.value, writer);
    case MetricType::Summary:
      return WriteSummary(family, metric, start, writer);
    case MetricType::Untyped:
      return WriteSample(family, "", metric, metric.untyped.value, writer);
    case MetricType::Histogram:
      return WriteHistogram(family, metric, start, writer);
  }
  throw std::logic_error("MetricType out of range");
}

}  // namespace

void WriteFamily(const MetricFamily& family, TextWriter& writer,
                 std::optional<WallTime> start) {
  if (family.metric.empty()) return;
  const FamilyType type = TypeOf(family, writer.dialect());
  writer.Head({family.name, type, UnitOf(family.name, type), family.help});
  const bool created =
      start && writer.dialect().start == StartForm::kSample && IsCounted(type);
  for (const ClientMetric& metric : family.metric) {
    WriteMetric(family, metric, start, writer);
    if (created) WriteCreated(family, metric, *start, writer);
  }
}

}  // namespace exporter
