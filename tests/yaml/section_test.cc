#include "yaml/section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A section of the text `yaml`, with its faults.
class SectionTest : public ::testing::Test {
 protected:
  Section Open(std::string_view yaml) {
    tree_ = ParseYaml(yaml, "f", faults_);
    return Section(tree_->root, "s", {"a", "b"}, sink_);
  }
  std::vector<std::string> Faults() const {
    std::vector<std::string> lines;
    for (const Fault& fault : faults_) lines.push_back(ToString(fault));
    return lines;
  }

  std::vector<Fault> faults_;
  const FaultSink sink_{"f", &faults_};
  std::optional<YamlTree> tree_;
};

TEST_F(SectionTest, ReportsKeysThatItDoesNotKnow) {
  Open("{a: 1, c: 2, b: 3, A: 4}");

  EXPECT_THAT(Faults(),
              ElementsAre("f:1:8: unknown key 'c' in 's'; known are a, b",
                          "f:1:20: unknown key 'A' in 's'; known are a, b"));
}

TEST_F(SectionTest, ShowsNoSecretThatAForgottenSpaceMadePartOfAKey) {
  Open("{a:hunter2, \"password=hunter2\": 1}");

  EXPECT_THAT(
      Faults(),
      ElementsAre("f:1:2: unknown key 'a...' in 's'; known are a, b",
                  "f:1:13: unknown key 'password...' in 's'; known are a, b"));
}

TEST_F(SectionTest, ReadsWhatIsNoMappingAsAnEmptyOne) {
  const Section section = Open("[a]");

  EXPECT_EQ(section.Find("a"), nullptr);
  EXPECT_THAT(
      Faults(),
      ElementsAre("f:1:1: s: must be a mapping (key: value), not a list"));
}

TEST_F(SectionTest, LeavesTargetsAloneWithoutAValue) {
  const Section section = Open("{a: null}");
  std::string text = "before";
  bool flag = true;
  std::uint64_t count = 7;
  std::chrono::milliseconds duration = 7s;

  EXPECT_FALSE(section.ReadText("a", text));
  section.ReadBool("a", flag);
  section.ReadCount("b", count, 0, 9);
  section.ReadDuration("b", duration, {0s, 9s});

  EXPECT_EQ(text, "before");
  EXPECT_TRUE(flag);
  EXPECT_EQ(count, 7U);
  EXPECT_EQ(duration, 7s);
  EXPECT_EQ(section.ReadChoice("a", {"x"}), std::nullopt);
  EXPECT_EQ(section.ReadList("a"), nullptr);
  EXPECT_THAT(Faults(), IsEmpty());
}

TEST_F(SectionTest, ReadsTextAsItIsWritten) {
  for (const char* written : {"010", "true", "1e3", "\"010\"", "|-\n 010"}) {
    std::string text;
    EXPECT_TRUE(Open("a: " + std::string(written)).ReadText("a", text));
    EXPECT_EQ(text,
              written[0] == 't' ? "true" : (written[0] == '1' ? "1e3" : "010"));
  }
  EXPECT_THAT(Faults(), IsEmpty());
}

TEST_F(SectionTest, ReadsBooleansInOneSpelling) {
  bool value = false;
  Open("a: true").ReadBool("a", value);
  EXPECT_TRUE(value);
  Open("a: false").ReadBool("a", value);
  EXPECT_FALSE(value);
  EXPECT_THAT(Faults(), IsEmpty());

  for (const char* word : {"yes", "on", "True", "1", "'true'", "[]"}) {
    Open("a: " + std::string(word)).ReadBool("a", value);
  }
  EXPECT_THAT(Faults(), SizeIs(6));
}

TEST_F(SectionTest, ReadsDecimalCountsWithinTheirRange) {
  std::uint64_t count = 0;
  Open("a: 0").ReadCount("a", count, 0, 10);
  EXPECT_EQ(count, 0U);
  Open("a: 10").ReadCount("a", count, 0, 10);
  EXPECT_EQ(count, 10U);
  EXPECT_THAT(Faults(), IsEmpty());

  for (const char* word : {"11", "-1", "+1", "010", "0x1", "1.0", "1e1", "'1'",
                           "1_0", "", "''", "99999999999999999999", "{}"}) {
    Open("a: " + std::string(word)).ReadCount("a", count, 0, 10);
  }
  EXPECT_EQ(count, 10U);
  // All but the empty one, which is null.
  EXPECT_THAT(Faults(), SizeIs(12));
}

TEST_F(SectionTest, ReadsDurationsWithinTheirRange) {
  std::chrono::milliseconds duration{};
  Open("a: 1m30s").ReadDuration("a", duration, {1s, 2min});
  EXPECT_EQ(duration, 90s);
  EXPECT_THAT(Faults(), IsEmpty());

  Open("a: 3m").ReadDuration("a", duration, {1s, 2min});
  Open("a: 3").ReadDuration("a", duration, {1s, 2min});

  EXPECT_THAT(Faults(),
              ElementsAre("f:1:4: a: must be from 1s to 2m",
                          "f:1:4: a: must be a duration such as 500ms, 5s or "
                          "1m30s, not '3'"));
  EXPECT_EQ(duration, 90s);
}

TEST_F(SectionTest, ReadsChoicesByTheirPlace) {
  EXPECT_EQ(Open("a: y").ReadChoice("a", {"x", "y"}), 1U);
  EXPECT_EQ(Open("a: z").ReadChoice("a", {"x", "y"}), std::nullopt);
  EXPECT_THAT(Faults(), ElementsAre("f:1:4: a: must be one of x, y, not 'z'"));
}

TEST_F(SectionTest, ThrowsForAKeyThatWasNotAnnounced) {
  EXPECT_THROW((void)Open("{}").Find("c"), std::logic_error);
}

TEST(WhyNotTextTest, RefusesWhatCannotBeSentOrShown) {
  EXPECT_EQ(WhyNotText("数据 %~/"), std::nullopt);
  for (const std::string& text :
       {std::string(), std::string("a\nb"), std::string("a\rb"),
        std::string("a\0b", 3), std::string("\t"), std::string("\x7F"),
        std::string("\xFF")}) {
    EXPECT_NE(WhyNotText(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace exporter
