#include "expose/own_families.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string Written(const MetricFamily& family, Format format,
                    std::optional<WallTime> start = std::nullopt) {
  std::string out;
  TextWriter writer(format, out);
  WriteFamily(family, writer, start);
  return out;
}

constexpr WallTime kStart(std::chrono::milliseconds(1'520'430'000'123));

ClientMetric Gauge(double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return metric;
}

ClientMetric Counter(double value) {
  ClientMetric metric;
  metric.counter.value = value;
  return metric;
}

TEST(WriteFamilyTest, WritesACounter) {
  const MetricFamily family = {
      "a_b_seconds_total", "Waiting.", MetricType::Counter, {Counter(0.25)}};
  EXPECT_EQ(Written(family, Format::kText),
            "# HELP a_b_seconds_total Waiting.\n"
            "# TYPE a_b_seconds_total counter\n"
            "a_b_seconds_total 0.25\n");
  EXPECT_EQ(Written(family, Format::kOpenMetrics),
            "# HELP a_b_seconds Waiting.\n"
            "# TYPE a_b_seconds counter\n"
            "# UNIT a_b_seconds seconds\n"
            "a_b_seconds_total 0.25\n");
  EXPECT_EQ(Written(family, Format::kOpenMetrics2),
            "# TYPE a_b_seconds_total counter\n"
            "# UNIT a_b_seconds_total seconds\n"
            "# HELP a_b_seconds_total Waiting.\n"
            "a_b_seconds_total 0.25\n");
}

TEST(WriteFamilyTest, SaysSinceWhenInOpenMetrics2Alone) {
  MetricFamily family = {"a_total", "", MetricType::Counter, {Counter(3)}};
  for (const Format format : {Format::kText, Format::kOpenMetrics}) {
    EXPECT_EQ(Written(family, format, kStart), Written(family, format));
  }
  EXPECT_EQ(Written(family, Format::kOpenMetrics2, kStart),
            "# TYPE a_total counter\na_total 3 st@1520430000.123\n");

  family.metric[0].timestamp_ms = 1'520'430'001'000;
  EXPECT_EQ(Written(family, Format::kOpenMetrics2, kStart),
            "# TYPE a_total counter\n"
            "a_total 3 1520430001 st@1520430000.123\n");

  // What may go down was not begun.
  for (const MetricType type : {MetricType::Gauge, MetricType::Untyped}) {
    EXPECT_THAT(
        Written({"a", "", type, {Gauge(1)}}, Format::kOpenMetrics2, kStart),
        ::testing::Not(::testing::HasSubstr("st@")));
  }
}

TEST(WriteFamilyTest, KeepsTheNameOfACounterWithoutTotal) {
  const MetricFamily family = {"a", "A.", MetricType::Counter, {Counter(3)}};
  EXPECT_EQ(Written(family, Format::kText),
            "# HELP a A.\n# TYPE a counter\na 3\n");
  EXPECT_EQ(Written(family, Format::kOpenMetrics),
            "# HELP a A.\n# TYPE a unknown\na 3\n");
  EXPECT_EQ(Written(family, Format::kOpenMetrics2),
            "# TYPE a counter\n# HELP a A.\na 3\n");
}

TEST(WriteFamilyTest, WritesGaugesWithEscapedLabels) {
  const MetricFamily family = {
      "a_bytes",
      "A \"b\".",
      MetricType::Gauge,
      {Gauge(4096, {{"x", "\"\\\n"}, {"y", ""}}), Gauge(0.5), Gauge(-0.0),
       Gauge(std::nan("")), Gauge(1e22)}};
  EXPECT_EQ(Written(family, Format::kText),
            "# HELP a_bytes A \"b\".\n"
            "# TYPE a_bytes gauge\n"
            "a_bytes{x=\"\\\"\\\\\\n\",y=\"\"} 4096\n"
            "a_bytes 0.5\n"
            "a_bytes -0\n"
            "a_bytes NaN\n"
            "a_bytes 1e+22\n");
  EXPECT_TRUE(Written(family, Format::kOpenMetrics)
                  .starts_with("# HELP a_bytes A \\\"b\\\".\n"
                               "# TYPE a_bytes gauge\n"
                               "# UNIT a_bytes bytes\n"));
}

TEST(WriteFamilyTest, TakesAGaugeOfOnesNamedInfoForAnInfo) {
  MetricFamily family = {
      "a_info", "A.", MetricType::Gauge, {Gauge(1, {{"version", "1"}})}};
  EXPECT_EQ(Written(family, Format::kText),
            "# HELP a_info A.\n# TYPE a_info gauge\na_info{version=\"1\"} 1\n");
  EXPECT_EQ(Written(family, Format::kOpenMetrics),
            "# HELP a A.\n# TYPE a info\na_info{version=\"1\"} 1\n");
  EXPECT_EQ(Written(family, Format::kOpenMetrics2),
            "# TYPE a_info info\n# HELP a_info A.\n"
            "a_info{version=\"1\"} 1\n");

  family.metric.push_back(Gauge(2));
  EXPECT_TRUE(Written(family, Format::kOpenMetrics)
                  .starts_with("# HELP a_info A.\n# TYPE a_info gauge\n"));
}

TEST(WriteFamilyTest, WritesAHistogramWithBoundsThatAreNoIntegers) {
  ClientMetric metric;
  metric.label = {{"operation", "status"}};
  metric.histogram.sample_count = 7;
  metric.histogram.sample_sum = 12.5;
  metric.histogram.bucket = {{3, 0.25}, {5, 1}, {6, 1e6}};
  MetricFamily family = {"a", "A.", MetricType::Histogram, {metric}};
  const std::string samples =
      "a_bucket{operation=\"status\",le=\"0.25\"} 3\n"
      "a_bucket{operation=\"status\",le=\"1.0\"} 5\n"
      "a_bucket{operation=\"status\",le=\"1e+06\"} 6\n"
      "a_bucket{operation=\"status\",le=\"+Inf\"} 7\n"
      "a_sum{operation=\"status\"} 12.5\n"
      "a_count{operation=\"status\"} 7\n";
  const std::string written = "# HELP a A.\n# TYPE a histogram\n" + samples;

  EXPECT_EQ(Written(family, Format::kText), written);
  EXPECT_EQ(Written(family, Format::kOpenMetrics), written);

  // prometheus-cpp's own histograms bring the last bucket along.
  family.metric[0].histogram.bucket.push_back(
      {7, std::numeric_limits<double>::infinity()});
  EXPECT_EQ(Written(family, Format::kText), written);
}

TEST(WriteFamilyTest, WritesASummary) {
  ClientMetric metric;
  metric.summary.sample_count = 2;
  metric.summary.sample_sum = 3;
  metric.summary.quantile = {{0.5, 1}, {1, 2.5}};
  const MetricFamily family = {"a", "A.", MetricType::Summary, {metric}};

  EXPECT_EQ(Written(family, Format::kText),
            "# HELP a A.\n# TYPE a summary\n"
            "a{quantile=\"0.5\"} 1\n"
            "a{quantile=\"1.0\"} 2.5\n"
            "a_sum 3\n"
            "a_count 2\n");
}

TEST(WriteFamilyTest, WritesHistogramAndSummaryAsOneSampleInOpenMetrics2) {
  ClientMetric metric;
  metric.label = {{"operation", "status"}};
  metric.histogram.sample_count = 7;
  metric.histogram.sample_sum = 12.5;
  metric.histogram.bucket = {{0, 0.25}, {5, 1}, {6, 1e6}};
  MetricFamily family = {"a", "", MetricType::Histogram, {metric}};
  const std::string histogram =
      "# TYPE a histogram\n"
      "a{operation=\"status\"} {count:7,sum:12.5,"
      "bucket:[0.25:0,1.0:5,1e+06:6,+Inf:7]} st@1520430000.123\n";
  EXPECT_EQ(Written(family, Format::kOpenMetrics2, kStart), histogram);
  family.metric[0].histogram.bucket.push_back(
      {7, std::numeric_limits<double>::infinity()});
  EXPECT_EQ(Written(family, Format::kOpenMetrics2, kStart), histogram);
  family.metric[0].histogram = {};
  EXPECT_EQ(Written(family, Format::kOpenMetrics2),
            "# TYPE a histogram\n"
            "a{operation=\"status\"} {count:0,sum:0,bucket:[+Inf:0]}\n");

  metric.label = {};
  metric.summary.sample_count = 2;
  metric.summary.sample_sum = 3;
  family = {"a", "", MetricType::Summary, {metric}};
  EXPECT_EQ(Written(family, Format::kOpenMetrics2, kStart),
            "# TYPE a summary\n"
            "a {count:2,sum:3,quantile:[]} st@1520430000.123\n");
  family.metric[0].summary.quantile = {{0.5, 1}, {1, 2.5}};
  EXPECT_EQ(Written(family, Format::kOpenMetrics2),
            "# TYPE a summary\na {count:2,sum:3,quantile:[0.5:1,1.0:2.5]}\n");
}

TEST(WriteFamilyTest, SaysInASampleSinceWhenWhereTheDialectDoes) {
  const auto written = [](const MetricFamily& family) {
    std::string out;
    TextWriter writer(DialectOf(Format::kOpenMetrics, true), out);
    WriteFamily(family, writer, kStart);
    return out;
  };
  ClientMetric one = Counter(3);
  one.label = {{"b", "1"}};
  ClientMetric other = Counter(4);
  other.label = {{"b", "2"}};
  EXPECT_EQ(written({"a_total", "", MetricType::Counter, {one, other}}),
            "# TYPE a counter\n"
            "a_total{b=\"1\"} 3\n"
            "a_created{b=\"1\"} 1520430000.123\n"
            "a_total{b=\"2\"} 4\n"
            "a_created{b=\"2\"} 1520430000.123\n");
  EXPECT_EQ(written({"a", "", MetricType::Histogram, {{}}}),
            "# TYPE a histogram\n"
            "a_bucket{le=\"+Inf\"} 0\n"
            "a_sum 0\n"
            "a_count 0\n"
            "a_created 1520430000.123\n");
  EXPECT_EQ(written({"a", "", MetricType::Counter, {Counter(1)}}),
            "# TYPE a unknown\na 1\n");
  EXPECT_EQ(written({"a", "", MetricType::Gauge, {Gauge(1)}}),
            "# TYPE a gauge\na 1\n");
}

TEST(WriteFamilyTest, WritesWhatHasNoType) {
  ClientMetric metric;
  metric.untyped.value = 4;
  const MetricFamily family = {"a", "", MetricType::Untyped, {metric}};

  EXPECT_EQ(Written(family, Format::kText), "# TYPE a untyped\na 4\n");
  EXPECT_EQ(Written(family, Format::kOpenMetrics), "# TYPE a unknown\na 4\n");
}

TEST(WriteFamilyTest, WritesATimestampInTheUnitOfTheFormat) {
  MetricFamily family = {"a", "", MetricType::Gauge, {Gauge(4)}};
  family.metric[0].timestamp_ms = 1'606'114'833'874;

  EXPECT_EQ(Written(family, Format::kText),
            "# TYPE a gauge\na 4 1606114833874\n");
  EXPECT_EQ(Written(family, Format::kOpenMetrics),
            "# TYPE a gauge\na 4 1606114833.874\n");
}

TEST(WriteFamilyTest, WritesNothingOfAFamilyWithoutSamples) {
  EXPECT_EQ(Written({"a", "A.", MetricType::Gauge, {}}, Format::kText), "");
}

}  // namespace
}  // namespace exporter
