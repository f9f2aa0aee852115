#include "faults.h"

#include <gtest/gtest.h>

namespace simulator {
namespace {

TEST(FaultsTest, AreReadWithTheirParameters) {
  EXPECT_EQ(ParseFault("slow:1m30s")->delay, std::chrono::seconds(90));
  EXPECT_EQ(ParseFault("429:7")->delay, std::chrono::seconds(7));
  EXPECT_EQ(ParseFault("huge:3M")->size, 3'000'000U);
  EXPECT_EQ(ParseFault("504")->status, 504);
  EXPECT_EQ(ParseFault("cut")->manner, Manner::kCut);
}

TEST(FaultsTest, AreRefusedWhenNobodyKnowsThem) {
  for (const char* text : {"", "hangs", "hang:2s", "slow:fast", "huge:x", "200",
                           "600", "500:2", "429:"}) {
    EXPECT_FALSE(ParseFault(text)) << text;
  }
}

TEST(FaultRulesTest, MatchTheIdOrTheProjectWithIt) {
  FaultRules rules;
  ASSERT_TRUE(rules.Set("ds-1*=500"));
  ASSERT_TRUE(rules.Set("dead/*=hang"));

  EXPECT_EQ(rules.ForDataset("p", "ds-10", 0).status, 500);
  EXPECT_EQ(rules.ForDataset("dead", "ds-20", 0).manner, Manner::kHang);
  EXPECT_EQ(rules.ForDataset("p", "ds-20", 0).kind, Fault::Kind::kNone);
}

TEST(FaultRulesTest, TheLastOneThatMatchesWins) {
  FaultRules rules;
  ASSERT_TRUE(rules.Set("every:3=500"));
  ASSERT_TRUE(rules.Set("ds-6=none"));

  EXPECT_EQ(rules.ForDataset("p", "ds-3", 3).status, 500);
  EXPECT_EQ(rules.ForDataset("p", "ds-4", 4).kind, Fault::Kind::kNone);
  EXPECT_EQ(rules.ForDataset("p", "ds-6", 6).kind, Fault::Kind::kNone);
}

TEST(FaultRulesTest, TakeThePlaceOfOldOnesForTheSame) {
  FaultRules rules;
  ASSERT_TRUE(rules.Set("*", "500"));
  const std::uint64_t version = rules.Version();
  ASSERT_TRUE(rules.Set("*", "503"));

  EXPECT_EQ(rules.ForDataset("p", "a", 0).status, 503);
  EXPECT_NE(rules.Version(), version);
}

TEST(FaultRulesTest, MeetOtherOperationsByNameAlone) {
  FaultRules rules;
  ASSERT_TRUE(rules.Set("*=hang"));
  ASSERT_TRUE(rules.Set("operation:token=503"));

  EXPECT_EQ(rules.ForOperation("token").status, 503);
  EXPECT_EQ(rules.ForOperation("list").kind, Fault::Kind::kNone);
}

TEST(GlobTest, MatchesAsShellsDo) {
  EXPECT_TRUE(MatchesGlob("ds-*-?", "ds-a-b-c"));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("a*b*c", "aXbbXc"));
  EXPECT_FALSE(MatchesGlob("a*b", "aXbc"));
  EXPECT_FALSE(MatchesGlob("?", ""));
}

}  // namespace
}  // namespace simulator
