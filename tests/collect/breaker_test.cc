#include "collect/breaker.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Word = Breaker::Answer;
using Verdict = Breaker::Verdict;

constexpr SteadyTime kStart{1h};

Breaker::End Refused(const std::string& object, bool was_good = true) {
  return {.verdict = Verdict::kRefused,
          .error = std::make_shared<const Error>(
              Error{.kind = ErrorKind::kUnauthorized, .message = "HTTP 401"}),
          .object = object,
          .was_good = was_good};
}
Breaker::End Accepted() { return {.verdict = Verdict::kAccepted}; }
Breaker::End Silence() { return {}; }

// Of a key, or of a token.
class BreakerTest : public testing::Test {
 protected:
  void Prove(Breaker& breaker) {
    breaker.Leave(breaker.Enter(kStart), Accepted(), kStart);
  }
  Breaker key_{true};
  Breaker token_{false};
};

TEST_F(BreakerTest, LetsTheFirstGoAloneUntilItIsAccepted) {
  EXPECT_EQ(key_.Ask(kStart), Word::kProbe);
  const auto pass = key_.Enter(kStart);
  EXPECT_EQ(key_.Ask(kStart + 1ms), Word::kWait);
  key_.Leave(pass, Accepted(), kStart + 20ms);

  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(key_.Ask(kStart + 20ms), Word::kGo);
    key_.Enter(kStart + 20ms);
  }
}

TEST_F(BreakerTest, LetsAnotherGoAfter250MsWhenOneHangsAndThreeInAll) {
  const auto first = key_.Enter(kStart);
  EXPECT_EQ(key_.Ask(kStart + 249ms), Word::kWait);
  EXPECT_EQ(key_.WakeAt(kStart), kStart + 250ms);
  EXPECT_EQ(key_.Ask(kStart + 250ms), Word::kProbe);
  key_.Enter(kStart + 250ms);
  key_.Enter(kStart + 500ms);

  EXPECT_EQ(key_.Ask(kStart + 1h), Word::kWait);
  key_.Leave(first, Silence(), kStart + 1h);
  EXPECT_EQ(key_.Ask(kStart + 1h), Word::kProbe);
}

TEST_F(BreakerTest, TriesAKeyThatNothingAcceptsThreeTimesInFifteenMinutes) {
  for (const std::string object : {"a", "b", "c"}) {
    EXPECT_EQ(key_.Ask(kStart), Word::kProbe);
    EXPECT_TRUE(key_.IsFresh(object));
    key_.Leave(key_.Enter(kStart), Refused(object), kStart);
    EXPECT_FALSE(key_.IsFresh(object));
  }
  EXPECT_EQ(key_.Ask(kStart + 15min - 1s), Word::kRefused);
  EXPECT_EQ(key_.Refusal()->message, "HTTP 401");
  EXPECT_EQ(key_.WakeAt(kStart), kStart + 15min);
  EXPECT_EQ(key_.Ask(kStart + 15min), Word::kProbe);
}

TEST_F(BreakerTest, TriesTheSameOneAgainAfterOneAndAfterTenMinutes) {
  key_.Leave(key_.Enter(kStart), Refused("a"), kStart);
  EXPECT_EQ(key_.AgainAt(), kStart + 1min);
  key_.Leave(key_.Enter(kStart + 1min), Refused("a"), kStart + 1min);
  EXPECT_EQ(key_.AgainAt(), kStart + 10min);
}

TEST_F(BreakerTest, CountsWhatIsOnItsWayAsTries) {
  key_.Leave(key_.Enter(kStart), Refused("a"), kStart);
  key_.Leave(key_.Enter(kStart), Refused("b"), kStart);
  key_.Enter(kStart);
  EXPECT_EQ(key_.Ask(kStart + 1s), Word::kWait);
}

TEST_F(BreakerTest, LetsOneGoAheadAfterARest) {
  Prove(key_);
  EXPECT_EQ(key_.Ask(kStart + 999ms), Word::kGo);
  EXPECT_EQ(key_.Ask(kStart + 1min), Word::kProbe);
  const auto ahead = key_.Enter(kStart + 1min);
  EXPECT_EQ(key_.Ask(kStart + 1min), Word::kWait);
  key_.Leave(ahead, Accepted(), kStart + 1min + 20ms);
  EXPECT_EQ(key_.Ask(kStart + 1min + 20ms), Word::kGo);
}

TEST_F(BreakerTest, WaitsForTheOneAheadNoLongerThan250Ms) {
  Prove(key_);
  const auto ahead = key_.Enter(kStart + 1min);
  key_.Leave(ahead, Silence(), kStart + 1min + 10ms);
  EXPECT_EQ(key_.Ask(kStart + 1min + 249ms), Word::kWait);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(key_.Ask(kStart + 1min + 250ms), Word::kGo);
    key_.Enter(kStart + 1min + 250ms);
  }
}

TEST_F(BreakerTest, LetsTheNextGoAheadWhenTheFirstIsRefused) {
  Prove(key_);
  key_.Leave(key_.Enter(kStart + 1min), Refused("a"), kStart + 1min);
  EXPECT_EQ(key_.Ask(kStart + 1min), Word::kProbe);
  key_.Enter(kStart + 1min);
  EXPECT_EQ(key_.Ask(kStart + 1min), Word::kWait);
}

TEST_F(BreakerTest, DoubtsOnlyAfterTwoRefusalsOfDifferentOnesThatWereGood) {
  for (Breaker* breaker : {&key_, &token_}) {
    Prove(*breaker);
    const auto refuse = [&](const Breaker::End& end) {
      breaker->Leave(breaker->Enter(kStart), end, kStart);
    };
    refuse(Refused("a"));
    refuse(Refused("a"));
    refuse(Refused("bad", false));
    EXPECT_FALSE(breaker->IsDoubted());
    breaker->Leave(breaker->Enter(kStart), Accepted(), kStart);
    refuse(Refused("b"));
    EXPECT_FALSE(breaker->IsDoubted());
    refuse(Refused("c"));
    EXPECT_TRUE(breaker->IsDoubted());

    EXPECT_EQ(breaker->Ask(kStart), Word::kProbe);
    const auto probe = breaker->Enter(kStart);
    EXPECT_EQ(breaker->Ask(kStart), Word::kWait);
    breaker->Leave(probe, Accepted(), kStart);
    EXPECT_EQ(breaker->Ask(kStart), Word::kGo);
  }
}

TEST_F(BreakerTest, DoubtsAfterOneRefusalOfTheOnlyOneThereIs) {
  Prove(token_);
  Breaker::End end = Refused("a");
  end.is_only_one = true;
  token_.Leave(token_.Enter(kStart), end, kStart);
  EXPECT_TRUE(token_.IsDoubted());
}

TEST_F(BreakerTest, HoldsNothingBackWhereNothingCanBeLockedUntilADoubt) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(token_.Ask(kStart), Word::kGo);
    token_.Enter(kStart);
  }
}

TEST_F(BreakerTest, OpensForAMinuteWhenAllProbesOfATokenAreRefused) {
  const auto refuse = [&](const std::string& object) {
    token_.Leave(token_.Enter(kStart), Refused(object), kStart);
  };
  refuse("a");
  refuse("b");
  for (const std::string object : {"c", "d", "e"}) {
    EXPECT_EQ(token_.Ask(kStart), Word::kProbe);
    refuse(object);
  }
  EXPECT_EQ(token_.Ask(kStart + 59s), Word::kRefused);
  EXPECT_EQ(token_.Ask(kStart + 60s), Word::kProbe);
}

TEST_F(BreakerTest, StartsOverWithNewCredentialsAndIgnoresLateVerdicts) {
  const auto old = key_.Enter(kStart);
  key_.Leave(key_.Enter(kStart), Refused("a"), kStart);
  const auto epoch = key_.StandingEpoch();
  key_.NewCredentials();
  EXPECT_NE(key_.StandingEpoch(), epoch) << "the datasets were not at fault";

  key_.Leave(old, Refused("b"), kStart);
  EXPECT_EQ(key_.Tries(kStart), 0);
  EXPECT_EQ(key_.Ask(kStart), Word::kProbe);
}

TEST_F(BreakerTest, KeepsTheStandingOfDatasetsWhenAGoodTokenIsRenewed) {
  Prove(token_);
  const auto epoch = token_.StandingEpoch();
  token_.NewCredentials();
  EXPECT_EQ(token_.StandingEpoch(), epoch);
}

TEST_F(BreakerTest, RemembersWhyTheLastRequestHadNoVerdictUntilOneHas) {
  EXPECT_FALSE(key_.NoVerdict());
  Breaker::End broken;
  broken.error = std::make_shared<const Error>(
      Error{.kind = ErrorKind::kConnect, .message = "refused"});
  key_.Leave(key_.Enter(kStart), broken, kStart);
  key_.Leave(key_.Enter(kStart), Silence(), kStart);
  ASSERT_TRUE(key_.NoVerdict());
  EXPECT_EQ(key_.NoVerdict()->kind, ErrorKind::kConnect);

  Prove(key_);
  EXPECT_FALSE(key_.NoVerdict());
}

}  // namespace
}  // namespace exporter
