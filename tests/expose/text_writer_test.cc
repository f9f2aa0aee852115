#include "expose/text_writer.h"

#include <gtest/gtest.h>

#include <charconv>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <locale>
#include <random>
#include <string>

namespace exporter {
namespace {

template <typename Write>
std::string Written(const Write& write, Format format = Format::kText) {
  std::string out;
  TextWriter writer(format, out);
  write(writer);
  return out;
}

std::string Number(double value) {
  return Written([&](TextWriter& writer) { writer.Number(value); });
}

std::string Integer(std::int64_t value) {
  return Written([&](TextWriter& writer) { writer.Integer(value); });
}

std::string Bound(double value) {
  return Written([&](TextWriter& writer) { writer.Bound(value); });
}

std::string Decimal(std::int64_t units, int decimals) {
  return Written([&](TextWriter& writer) { writer.Decimal(units, decimals); });
}

std::string Label(std::string_view value) {
  return Written([&](TextWriter& writer) { writer.Label("a", value); });
}

std::string Head(const Family& family, Format format) {
  return Written([&](TextWriter& writer) { writer.Head(family); }, format);
}

TEST(TextWriterTest, WritesEveryDigitOfAnInteger) {
  for (const auto& [value, text] :
       {std::pair<std::int64_t, const char*>{0, "0"},
        {-1, "-1"},
        {9'007'199'254'740'993, "9007199254740993"},  // No double.
        {std::numeric_limits<std::int64_t>::max(), "9223372036854775807"},
        {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"}}) {
    EXPECT_EQ(Integer(value), text);
  }
}

TEST(TextWriterTest, WritesWholeNumbersAsIntegers) {
  EXPECT_EQ(Number(0), "0");
  EXPECT_EQ(Number(37), "37");
  EXPECT_EQ(Number(-4), "-4");
  EXPECT_EQ(Number(1e6), "1000000");
  EXPECT_EQ(Number(9'007'199'254'740'991), "9007199254740991");
}

TEST(TextWriterTest, WritesOtherNumbersAsShortAsTheyReadBack) {
  EXPECT_EQ(Number(0.1), "0.1");
  EXPECT_EQ(Number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(Number(1606114833.874), "1606114833.874");
  EXPECT_EQ(Number(-2.5e-9), "-2.5e-09");
  EXPECT_EQ(Number(1e16), "1e+16");
  EXPECT_EQ(Number(1e300), "1e+300");
  EXPECT_EQ(Number(5e-324), "5e-324");
  EXPECT_EQ(Number(-0.0), "-0");
}

TEST(TextWriterTest, NamesWhatIsNoNumber) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Number(std::nan("")), "NaN");
  EXPECT_EQ(Number(-std::nan("")), "NaN");
  EXPECT_EQ(Number(infinity), "+Inf");
  EXPECT_EQ(Number(-infinity), "-Inf");
}

TEST(TextWriterTest, WritesNumbersThatReadBackTheSame) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    static_assert(sizeof value == sizeof bits);
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;

    const std::string text = Number(value);

    double back = 0;
    std::from_chars(text.data(), text.data() + text.size(), back);
    ASSERT_EQ(back, value) << text;
  }
}

TEST(TextWriterTest, WritesDecimalsExactly) {
  EXPECT_EQ(Decimal(1'606'114'833'874, 3), "1606114833.874");
  EXPECT_EQ(Decimal(1'606'372'570'023, 3), "1606372570.023");
  EXPECT_EQ(Decimal(1'606'372'570'000, 3), "1606372570");
  EXPECT_EQ(Decimal(1'500, 3), "1.5");
  EXPECT_EQ(Decimal(1, 9), "0.000000001");
  EXPECT_EQ(Decimal(-1'500, 3), "-1.5");
  EXPECT_EQ(Decimal(-5, 3), "-0.005");
  EXPECT_EQ(Decimal(0, 3), "0");
  EXPECT_EQ(Decimal(12, 0), "12");
  EXPECT_EQ(Decimal(std::numeric_limits<std::int64_t>::min(), 3),
            "-9223372036854775.808");
  EXPECT_EQ(Decimal(std::numeric_limits<std::int64_t>::max(), 18),
            "9.223372036854775807");
}

TEST(TextWriterTest, ShowsThatABoundIsNoInteger) {
  for (const auto& [value, text] : {std::pair<double, const char*>{1, "1.0"},
                                    {0, "0.0"},
                                    {-2, "-2.0"},
                                    {0.005, "0.005"},
                                    {0.0001, "0.0001"},
                                    {0.00001, "1e-05"},
                                    {100'000, "100000.0"},
                                    {1e6, "1e+06"},
                                    {2.5, "2.5"},
                                    {HUGE_VAL, "+Inf"},
                                    {-HUGE_VAL, "-Inf"}}) {
    EXPECT_EQ(Bound(value), text);
  }
}

class CommaPunctuation final : public std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(TextWriterTest, LooksTheSameInEveryLocale) {
  const std::locale before = std::locale::global(
      std::locale(std::locale::classic(), new CommaPunctuation));
  std::setlocale(LC_ALL, "de_DE.UTF-8");  // Where there is one.

  EXPECT_EQ(Number(1234.5), "1234.5");
  EXPECT_EQ(Number(1234567), "1234567");
  EXPECT_EQ(Decimal(1'234'500, 3), "1234.5");

  std::setlocale(LC_ALL, "C");
  std::locale::global(before);
}

TEST(TextWriterTest, EscapesLabels) {
  EXPECT_EQ(Label(""), R"(a="")");
  EXPECT_EQ(Label("cats"), R"(a="cats")");
  EXPECT_EQ(Label("say \"hi\"\\\n"), R"(a="say \"hi\"\\\n")");
  EXPECT_EQ(Label("\\n"), R"(a="\\n")");
  EXPECT_EQ(Label("数据集 é\t{}=,"), "a=\"数据集 é\t{}=,\"");
  EXPECT_EQ(Label(std::string_view("a\0b", 3)), std::string("a=\"a\0b\"", 7));
}

TEST(TextWriterTest, EscapesWhereverItStands) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      const std::string before(at, 'a');
      const std::string after(size - at - 1, '~');
      for (const auto& [byte, escaped] :
           {std::pair<const char*, const char*>{"\"", "\\\""},
            {"\\", "\\\\"},
            {"\n", "\\n"},
            {"\x80", "\xEF\xBF\xBD"},
            {"\xFF", "\xEF\xBF\xBD"},
            {"!", "!"},
            {"\x7F", "\x7F"}}) {
        std::string value = before;
        value.append(byte).append(after);
        std::string label = "a=\"";
        label.append(before).append(escaped).append(after).append("\"");
        ASSERT_EQ(Label(value), label);
      }
    }
  }
}

TEST(TextWriterTest, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(Label("a\xFF\"b"), "a=\"a\xEF\xBF\xBD\\\"b\"");
  EXPECT_EQ(Label("\xC3"), "a=\"\xEF\xBF\xBD\"");
}

TEST(TextWriterTest, EscapesHelpAsTheFormatWants) {
  const Family family = {"a", FamilyType::kGauge, "", "a \"b\" \\ \n \xFF."};
  EXPECT_EQ(Head(family, Format::kText),
            "# HELP a a \"b\" \\\\ \\n \xEF\xBF\xBD.\n"
            "# TYPE a gauge\n");
  EXPECT_EQ(Head(family, Format::kOpenMetrics),
            "# HELP a a \\\"b\\\" \\\\ \\n \xEF\xBF\xBD.\n"
            "# TYPE a gauge\n");
  EXPECT_EQ(Head(family, Format::kOpenMetrics2),
            "# TYPE a gauge\n"
            "# HELP a a \\\"b\\\" \\\\ \\n \xEF\xBF\xBD.\n");
}

TEST(TextWriterTest, DeclaresEachTypeAsTheFormatNamesIt) {
  const struct {
    Family family;
    const char* text;
    const char* open_metrics;
    const char* open_metrics2;
  } kCases[] = {
      {{"a_total", FamilyType::kCounter, "", ""},
       "# TYPE a_total counter\n",
       "# TYPE a counter\n",
       "# TYPE a_total counter\n"},
      {{"a_info", FamilyType::kInfo, "", ""},
       "# TYPE a_info gauge\n",
       "# TYPE a info\n",
       "# TYPE a_info info\n"},
      {{"a_total", FamilyType::kGauge, "", ""},
       "# TYPE a_total gauge\n",
       "# TYPE a_total gauge\n",
       "# TYPE a_total gauge\n"},
      {{"a", FamilyType::kStateSet, "", ""},
       "# TYPE a gauge\n",
       "# TYPE a stateset\n",
       "# TYPE a stateset\n"},
      {{"a", FamilyType::kGauge, "", ""},
       "# TYPE a gauge\n",
       "# TYPE a gauge\n",
       "# TYPE a gauge\n"},
      {{"a", FamilyType::kHistogram, "", ""},
       "# TYPE a histogram\n",
       "# TYPE a histogram\n",
       "# TYPE a histogram\n"},
      {{"a", FamilyType::kSummary, "", ""},
       "# TYPE a summary\n",
       "# TYPE a summary\n",
       "# TYPE a summary\n"},
      {{"a", FamilyType::kUnknown, "", ""},
       "# TYPE a untyped\n",
       "# TYPE a unknown\n",
       "# TYPE a unknown\n"},
      {{"a_seconds_total", FamilyType::kCounter, "seconds", "A."},
       "# HELP a_seconds_total A.\n# TYPE a_seconds_total counter\n",
       "# HELP a_seconds A.\n# TYPE a_seconds counter\n"
       "# UNIT a_seconds seconds\n",
       "# TYPE a_seconds_total counter\n# UNIT a_seconds_total seconds\n"
       "# HELP a_seconds_total A.\n"},
  };
  for (const auto& [family, text, open_metrics, open_metrics2] : kCases) {
    EXPECT_EQ(Head(family, Format::kText), text);
    EXPECT_EQ(Head(family, Format::kOpenMetrics), open_metrics);
    EXPECT_EQ(Head(family, Format::kOpenMetrics2), open_metrics2);
  }
}

TEST(TextWriterTest, SaysSinceWhenInOpenMetrics2Alone) {
  const auto start = [](TextWriter& writer) {
    writer.Start(WallTime(std::chrono::milliseconds(1'520'430'000'120)));
  };
  EXPECT_EQ(Written(start, Format::kText), "");
  EXPECT_EQ(Written(start, Format::kOpenMetrics), "");
  EXPECT_EQ(Written(start, Format::kOpenMetrics2), " st@1520430000.12");
}

TEST(TextWriterTest, EndsOpenMetricsAlone) {
  const auto end = [](TextWriter& writer) { writer.End(); };
  EXPECT_EQ(Written(end, Format::kText), "");
  EXPECT_EQ(Written(end, Format::kOpenMetrics), "# EOF\n");
  EXPECT_EQ(Written(end, Format::kOpenMetrics2), "# EOF\n");
}

}  // namespace
}  // namespace exporter
