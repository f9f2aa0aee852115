#include "yaml/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>

namespace exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = YamlContent::Kind;

struct Parsed {
  std::optional<YamlTree> tree;
  std::vector<std::string> faults;
};

Parsed Parse(std::string_view text) {
  std::vector<Fault> faults;
  Parsed parsed;
  parsed.tree = ParseYaml(text, "f", faults);
  for (const Fault& fault : faults) parsed.faults.push_back(ToString(fault));
  return parsed;
}

TEST(ParseYamlTest, GivesTheTreeWithItsPlaces) {
  const Parsed parsed = Parse("a: 1\nb:\n  - x\n  - \"2\"\nc:\n");

  ASSERT_TRUE(parsed.tree);
  EXPECT_THAT(parsed.faults, IsEmpty());
  const auto& entries = parsed.tree->root.content->entries;
  ASSERT_THAT(entries, SizeIs(3));
  EXPECT_EQ(entries[0].key, "a");
  EXPECT_EQ(entries[0].value.content->text, "1");
  EXPECT_FALSE(entries[0].value.content->quoted);
  EXPECT_EQ(entries[0].value.line, 1);
  EXPECT_EQ(entries[0].value.column, 4);
  const auto& items = entries[1].value.content->items;
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_EQ(items[1].content->text, "2");
  EXPECT_TRUE(items[1].content->quoted);
  EXPECT_EQ(items[1].line, 4);
  EXPECT_EQ(items[1].column, 5);
  EXPECT_EQ(entries[2].value.content->kind, Kind::kNull);
}

TEST(ParseYamlTest, TakesAnEmptyTextAsNull) {
  for (const char* text : {"", "\n", "# note", "---", "~", "null"}) {
    const Parsed parsed = Parse(text);
    ASSERT_TRUE(parsed.tree) << text;
    EXPECT_EQ(parsed.tree->root.content->kind, Kind::kNull) << text;
  }
}

TEST(ParseYamlTest, ReadsJson) {
  const Parsed parsed = Parse(R"([{"id": "a", "labels": {"b": "\u00e9"}}])");

  ASSERT_TRUE(parsed.tree);
  EXPECT_THAT(parsed.faults, IsEmpty());
  const auto& first = parsed.tree->root.content->items.at(0);
  EXPECT_EQ(first.content->entries.at(1)
                .value.content->entries.at(0)
                .value.content->text,
            "é");
}

TEST(ParseYamlTest, GivesAnAliasItsOwnPlaceAndTheContentOfItsAnchor) {
  const Parsed parsed = Parse("a: &x {k: v}\nb: *x\n");

  ASSERT_TRUE(parsed.tree);
  const auto& entries = parsed.tree->root.content->entries;
  EXPECT_EQ(entries.at(1).value.content, entries.at(0).value.content);
  EXPECT_EQ(entries[1].value.line, 2);
  EXPECT_EQ(entries[1].value.column, 4);
}

TEST(ParseYamlTest, SaysWhereItStopped) {
  const struct {
    std::string text;
    const char* fault;
  } kCases[] = {
      {"a: b\n---\nc: d\n",
       "f:2:1: a second YAML document begins here, or the indentation is off; "
       "one file is one document"},
      {"a: &a [*a]\n", "f:1:8: an alias within its own anchor"},
      {"a: *b\n",
       "f:1:4: no anchor of this name; a text that begins with '*' needs "
       "quotes"},
      {std::string(65, '[') + std::string(65, ']'),
       "f:1:65: nested more than 64 levels deep"},
      {"a: \x01\n",
       "f:1:4: control character; write it as an escape in double quotes"},
      {std::string("a: \0b", 5),
       "f:1:4: control character; write it as an escape in double quotes"},
      {"a: b\nc: \xFF\n", "f:2:1: is no UTF-8 text"},
      {"\xFF\xFE"
       "a",
       "f:1:1: is no UTF-8 text"},
      {"a: 'b\n",
       "f:1:1: no valid YAML: ends within a quoted text or a bracket"},
      {"a: \"b",
       "f:1:1: no valid YAML: ends within a quoted text or a bracket"},
      {"a:\n  [b\n",
       "f:2:1: no valid YAML: ends within a quoted text or a bracket"},
      {std::string(kMaxYamlBytes + 1, '#'), "f:1:1: is larger than 4 MiB"},
      {"# A comment counts too:\n#" + std::string(500'000, ','),
       "f:2:500001: more than 500000 brackets, commas and colons; split the "
       "file with dataset_files"},
  };
  for (const auto& [text, fault] : kCases) {
    const Parsed parsed = Parse(text);
    EXPECT_FALSE(parsed.tree);
    EXPECT_THAT(parsed.faults, ElementsAre(fault));
  }
}

TEST(ParseYamlTest, RefusesAliasesThatRepeatTooMuch) {
  const std::string text = "a: &a " + std::string(1U << 20U, 'x') + "\nb: [";
  std::string aliases = "*a";
  for (int i = 0; i < 13; ++i) aliases += ", *a";
  const Parsed honest = Parse(text + aliases + "]");
  aliases += ", *a, *a";

  const Parsed bomb = Parse(text + aliases + "]");

  EXPECT_THAT(honest.faults, IsEmpty());
  EXPECT_THAT(bomb.faults,
              ElementsAre("f:2:65: the aliases here repeat more than 16 MiB"));
}

TEST(ParseYamlTest, ReportsWhatIsNotAllowedAndGoesOn) {
  const Parsed parsed = Parse(
      "a: 1\n"
      "a: 2\n"
      "<<: {b: 3}\n"
      "? [c]\n"
      ": 4\n"
      "d: !!int 5\n"
      "\"<<\": 6\n");

  ASSERT_TRUE(parsed.tree);
  EXPECT_THAT(
      parsed.faults,
      ElementsAre("f:2:1: duplicate key 'a', first in line 1",
                  "f:3:1: merge keys (<<) are not allowed; write the keys out",
                  "f:4:3: a key must be text",
                  "f:6:4: YAML tags (!x) are not allowed; a text that begins "
                  "with '!' needs quotes"));
  std::vector<std::string_view> keys;
  for (const YamlEntry& entry : parsed.tree->root.content->entries) {
    keys.push_back(entry.key);
  }
  EXPECT_THAT(keys, ElementsAre("a", "d", "<<"));
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kBytes = kMaxYamlBytes / 16;
#else
constexpr std::size_t kBytes = kMaxYamlBytes;
#endif

TEST(ParseYamlTest, TakesAFullSizedHonestFile) {
  std::string text;
  for (int i = 0; text.size() < kBytes - 100; ++i) {
    text += "- id: gfghHSokody6AJigS" + std::to_string(100'000 + i) + "\n";
  }

  const Parsed parsed = Parse(text);

  EXPECT_THAT(parsed.faults, IsEmpty());
  EXPECT_TRUE(parsed.tree);
}

std::string Repeat(std::string_view unit, std::size_t bytes = kBytes) {
  std::string text;
  while (text.size() + unit.size() <= bytes) text += unit;
  return text;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Each is 4 MiB of what a scanner likes least; a sixteenth of that where a
// sanitizer makes everything slow.
TEST(ParseYamlTest, IsDoneSoonWithHostileText) {
  std::string bomb = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    bomb += "- &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) bomb += alias + " , ";
    bomb += alias + " ]\n";
  }
  std::string keys;
  for (int i = 0; keys.size() < kBytes - 20; ++i) {
    keys += "k" + std::to_string(i) + ": 1\n";
  }
  std::string anchors;
  for (int i = 0; anchors.size() < kBytes - 20; ++i) {
    anchors += "- &a" + std::to_string(i) + " x\n";
  }
  const std::pair<const char*, std::string> kCases[] = {
      {"alias bomb", bomb},
      {"many keys", keys},
      {"many anchors", anchors},
      {"many aliases", "- &a x\n" + Repeat("- *a\n", kBytes - 10)},
      {"open lists", Repeat("[")},
      {"open maps", Repeat("{")},
      {"nested maps", Repeat("{a: ")},
      {"flow list", "[" + Repeat("a,", kBytes - 1)},
      {"flow map", "{" + Repeat("a: b,", kBytes - 1)},
      {"colons", "[" + Repeat(":", kBytes - 1)},
      {"commas", "[" + Repeat(",", kBytes - 1)},
      {"dashes", Repeat("- ")},
      {"list", Repeat("- a\n")},
      {"keys without values", Repeat("? \n")},
      {"documents", Repeat("---\na\n")},
      {"tags", Repeat("- !a b\n")},
      {"directives", Repeat("%a\n")},
      {"one long line", "a: " + Repeat("x", kBytes - 3)},
      {"one long string", "a: \"" + Repeat("x", kBytes - 4)},
      {"one long anchor", "&" + Repeat("a", kBytes - 1)},
      {"one long text", Repeat("x\n")},
      {"blanks", Repeat(" ")},
      {"lines", Repeat("\n")},
      {"comments", Repeat("#\n")},
  };
  for (const auto& [name, text] : kCases) {
    const double before = CpuSeconds();

    Parse(text);

    // Twice what is promised, for slow machines.
    EXPECT_LT(CpuSeconds() - before, 2) << name;
  }
}

TEST(PrintableTest, IsOneShortLine) {
  EXPECT_EQ(Printable("a\nb\x01"), "a?b?");
  EXPECT_EQ(Printable("\xFF"), "\xEF\xBF\xBD");
  EXPECT_EQ(Printable(std::string(65, 'x')), std::string(64, 'x') + "...");
}

}  // namespace
}  // namespace exporter
