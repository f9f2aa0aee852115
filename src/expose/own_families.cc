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
      return dialect.counter_needs_total && !name.ends_with(kTotal)
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

void WriteNumber(const MetricFamily& family, std::string_view suffix,
                 const ClientMetric& metric, double value, TextWriter& writer,
                 std::optional<BoundLabel> bound = std::nullopt,
                 std::optional<WallTime> start = std::nullopt) {
  Begin(family.name, suffix, metric, bound, writer);
  writer.Number(value);
  End(metric, start, writer);
}

void WriteCount(const MetricFamily& family, std::string_view suffix,
                const ClientMetric& metric, std::uint64_t count,
                TextWriter& writer,
                std::optional<BoundLabel> bound = std::nullopt) {
  Begin(family.name, suffix, metric, bound, writer);
  writer.Integer(static_cast<std::int64_t>(count));
  End(metric, std::nullopt, writer);
}

// A sample up to the first of its buckets or quantiles, whose list `list`
// begins.
void BeginComposite(const MetricFamily& family, const ClientMetric& metric,
                    std::uint64_t count, double sum, std::string_view list,
                    TextWriter& writer) {
  Begin(family.name, "", metric, std::nullopt, writer);
  writer.Raw("{count:");
  writer.Integer(static_cast<std::int64_t>(count));
  writer.Raw(",sum:");
  writer.Number(sum);
  writer.Raw(list);
}

void EndComposite(const ClientMetric& metric, std::optional<WallTime> start,
                  TextWriter& writer) {
  writer.Raw("]}");
  End(metric, start, writer);
}

void WriteSummary(const MetricFamily& family, const ClientMetric& metric,
                  std::optional<WallTime> start, TextWriter& writer) {
  const ClientMetric::Summary& summary = metric.summary;
  if (!writer.dialect().composite) {
    for (const auto& [quantile, value] : summary.quantile) {
      WriteNumber(family, "", metric, value, writer,
                  BoundLabel{"quantile", quantile});
    }
    WriteNumber(family, "_sum", metric, summary.sample_sum, writer);
    WriteCount(family, "_count", metric, summary.sample_count, writer);
    return;
  }
  BeginComposite(family, metric, summary.sample_count, summary.sample_sum,
                 ",quantile:[", writer);
  std::string_view separator;
  for (const auto& [quantile, value] : summary.quantile) {
    writer.Raw(separator);
    writer.Bound(quantile);
    writer.Raw(':');
    writer.Number(value);
    separator = ",";
  }
  EndComposite(metric, start, writer);
}

// Calls `write` with the bound and the count of each bucket. The one without a
// bound, which all formats require, comes last even if it is not listed.
template <typename Write>
void ForEachBucket(const ClientMetric::Histogram& histogram,
                   const Write& write) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const auto& [count, upper_bound] : histogram.bucket) {
    if (upper_bound != kInfinity) write(upper_bound, count);
  }
  write(kInfinity, histogram.sample_count);
}

void WriteHistogram(const MetricFamily& family, const ClientMetric& metric,
                    std::optional<WallTime> start, TextWriter& writer) {
  const ClientMetric::Histogram& histogram = metric.histogram;
  if (!writer.dialect().composite) {
    ForEachBucket(histogram, [&](double bound, std::uint64_t count) {
      WriteCount(family, "_bucket", metric, count, writer,
                 BoundLabel{"le", bound});
    });
    WriteNumber(family, "_sum", metric, histogram.sample_sum, writer);
    WriteCount(family, "_count", metric, histogram.sample_count, writer);
    return;
  }
  BeginComposite(family, metric, histogram.sample_count, histogram.sample_sum,
                 ",bucket:[", writer);
  std::string_view separator;
  ForEachBucket(histogram, [&](double bound, std::uint64_t count) {
    writer.Raw(separator);
    writer.Bound(bound);
    writer.Raw(':');
    writer.Integer(static_cast<std::int64_t>(count));
    separator = ",";
  });
  EndComposite(metric, start, writer);
}

// The sample that says since when `metric` counts.
void WriteCreated(const MetricFamily& family, const ClientMetric& metric,
                  WallTime start, TextWriter& writer) {
  std::string_view name = family.name;
  if (name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  Begin(name, "_created", metric, std::nullopt, writer);
  writer.Time(start);
  End(metric, std::nullopt, writer);
}

void WriteMetric(const MetricFamily& family, const ClientMetric& metric,
                 std::optional<WallTime> start, TextWriter& writer) {
  switch (family.type) {
    case MetricType::Counter:
      return WriteNumber(family, "", metric, metric.counter.value, writer,
                         std::nullopt, start);
    case MetricType::Gauge:
      return WriteNumber(family, "", metric, metric.gauge.value, writer);
    case MetricType::Summary:
      return WriteSummary(family, metric, start, writer);
    case MetricType::Untyped:
      return WriteNumber(family, "", metric, metric.untyped.value, writer);
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
