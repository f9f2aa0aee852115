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

FamilyType TypeInText(const MetricFamily& family) {
  switch (family.type) {
    case MetricType::Counter:
      return FamilyType::kCounter;
    case MetricType::Gauge:
      return FamilyType::kGauge;
    case MetricType::Summary:
      return FamilyType::kSummary;
    case MetricType::Untyped:
      return FamilyType::kUnknown;
    case MetricType::Histogram:
      return FamilyType::kHistogram;
  }
  throw std::logic_error("MetricType out of range");
}

FamilyType TypeInOpenMetrics(const MetricFamily& family) {
  const std::string_view name = family.name;
  if (family.type == MetricType::Counter && !name.ends_with("_total")) {
    return FamilyType::kUnknown;
  }
  const auto is_one = [](const ClientMetric& metric) {
    return metric.gauge.value == 1;
  };
  if (family.type == MetricType::Gauge && name.ends_with("_info") &&
      std::all_of(family.metric.begin(), family.metric.end(), is_one)) {
    return FamilyType::kInfo;
  }
  return TypeInText(family);
}

std::string_view UnitOf(std::string_view name, FamilyType type) {
  if (type == FamilyType::kInfo) return {};
  if (type == FamilyType::kCounter) name.remove_suffix(sizeof("_total") - 1);
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
void Begin(const MetricFamily& family, std::string_view suffix,
           const ClientMetric& metric, std::optional<BoundLabel> bound,
           TextWriter& writer) {
  writer.Raw(family.name);
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

void End(const ClientMetric& metric, TextWriter& writer) {
  if (metric.timestamp_ms != 0) {
    writer.Raw(' ');
    writer.Decimal(metric.timestamp_ms,
                   writer.format() == Format::kOpenMetrics ? 3 : 0);
  }
  writer.Raw('\n');
}

void WriteNumber(const MetricFamily& family, std::string_view suffix,
                 const ClientMetric& metric, double value, TextWriter& writer,
                 std::optional<BoundLabel> bound = std::nullopt) {
  Begin(family, suffix, metric, bound, writer);
  writer.Number(value);
  End(metric, writer);
}

void WriteCount(const MetricFamily& family, std::string_view suffix,
                const ClientMetric& metric, std::uint64_t count,
                TextWriter& writer,
                std::optional<BoundLabel> bound = std::nullopt) {
  Begin(family, suffix, metric, bound, writer);
  writer.Integer(static_cast<std::int64_t>(count));
  End(metric, writer);
}

void WriteSummary(const MetricFamily& family, const ClientMetric& metric,
                  TextWriter& writer) {
  for (const auto& [quantile, value] : metric.summary.quantile) {
    WriteNumber(family, "", metric, value, writer,
                BoundLabel{"quantile", quantile});
  }
  WriteNumber(family, "_sum", metric, metric.summary.sample_sum, writer);
  WriteCount(family, "_count", metric, metric.summary.sample_count, writer);
}

void WriteHistogram(const MetricFamily& family, const ClientMetric& metric,
                    TextWriter& writer) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double last = 0;
  for (const auto& [count, upper_bound] : metric.histogram.bucket) {
    WriteCount(family, "_bucket", metric, count, writer,
               BoundLabel{"le", upper_bound});
    last = upper_bound;
  }
  if (last != kInfinity) {  // Both formats require this bucket.
    WriteCount(family, "_bucket", metric, metric.histogram.sample_count, writer,
               BoundLabel{"le", kInfinity});
  }
  WriteNumber(family, "_sum", metric, metric.histogram.sample_sum, writer);
  WriteCount(family, "_count", metric, metric.histogram.sample_count, writer);
}

void WriteMetric(const MetricFamily& family, const ClientMetric& metric,
                 TextWriter& writer) {
  switch (family.type) {
    case MetricType::Counter:
      return WriteNumber(family, "", metric, metric.counter.value, writer);
    case MetricType::Gauge:
      return WriteNumber(family, "", metric, metric.gauge.value, writer);
    case MetricType::Summary:
      return WriteSummary(family, metric, writer);
    case MetricType::Untyped:
      return WriteNumber(family, "", metric, metric.untyped.value, writer);
    case MetricType::Histogram:
      return WriteHistogram(family, metric, writer);
  }
  throw std::logic_error("MetricType out of range");
}

}  // namespace

void WriteFamily(const MetricFamily& family, TextWriter& writer) {
  if (family.metric.empty()) return;
  Family head = {family.name, TypeInText(family), {}, family.help};
  if (writer.format() == Format::kOpenMetrics) {
    head.type = TypeInOpenMetrics(family);
    head.unit = UnitOf(family.name, head.type);
  }
  writer.Head(head);
  for (const ClientMetric& metric : family.metric) {
    WriteMetric(family, metric, writer);
  }
}

}  // namespace exporter
