#include "net/lookup_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Pass = LookupGate::Pass;

class LookupGateTest : public testing::Test {
 protected:
  static constexpr Deadline kNow{1000s};
  LookupGate gate_{50s};
};

TEST_F(LookupGateTest, LetsOneLookAndTheOthersWait) {
  EXPECT_EQ(gate_.Enter("a", 1, kNow), Pass::kLook);
  EXPECT_EQ(gate_.Enter("a", 2, kNow), Pass::kWait);
  EXPECT_EQ(gate_.Enter("b", 3, kNow), Pass::kLook);
  EXPECT_EQ(gate_.Enter("a", 4, kNow), Pass::kWait);

  EXPECT_THAT(gate_.Found("a", kNow), ElementsAre(2, 4));
  EXPECT_THAT(gate_.Found("b", kNow), IsEmpty());
}

TEST_F(LookupGateTest, LooksAgainOnceWhatWasFoundIsOld) {
  gate_.Enter("a", 1, kNow);
  gate_.Found("a", kNow);

  EXPECT_EQ(gate_.Enter("a", 2, kNow + 49s), Pass::kGo);
  EXPECT_EQ(gate_.Enter("a", 3, kNow + 50s), Pass::kLook);
  EXPECT_EQ(gate_.Enter("a", 4, kNow + 50s), Pass::kWait);
}

TEST_F(LookupGateTest, TellsAllThatThereIsNoSuchName) {
  gate_.Enter("a", 1, kNow);
  gate_.Enter("a", 2, kNow);
  gate_.Enter("a", 3, kNow);

  EXPECT_THAT(gate_.NotFound("a"), ElementsAre(2, 3));
  EXPECT_EQ(gate_.Enter("a", 4, kNow), Pass::kLook);
}

TEST_F(LookupGateTest, SendsTheNextWhereOneBringsNoNews) {
  gate_.Enter("a", 1, kNow);
  gate_.Enter("a", 2, kNow);
  gate_.Enter("a", 3, kNow);

  EXPECT_THAT(gate_.Left("a", 1), ElementsAre(2));
  EXPECT_THAT(gate_.Left("a", 2), ElementsAre(3));
  EXPECT_THAT(gate_.Left("a", 3), IsEmpty());
  EXPECT_EQ(gate_.Enter("a", 4, kNow), Pass::kLook);
}

TEST_F(LookupGateTest, ForgetsWhoGaveUpWaiting) {
  gate_.Enter("a", 1, kNow);
  gate_.Enter("a", 2, kNow);
  gate_.Enter("a", 3, kNow);

  EXPECT_THAT(gate_.Left("a", 2), IsEmpty());
  EXPECT_THAT(gate_.Found("a", kNow), ElementsAre(3));
}

TEST_F(LookupGateTest, BearsNewsOfWhatNobodyAskedFor) {
  EXPECT_THAT(gate_.Left("a", 1), IsEmpty());
  EXPECT_THAT(gate_.NotFound("a"), IsEmpty());
}

}  // namespace
}  // namespace exporter
