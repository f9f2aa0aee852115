#include "collect/account_gate.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Word = AccountGate::Answer;
using Verdict = AccountGate::Verdict;

constexpr SteadyTime kStart{1h};

std::shared_ptr<const Error> Refusal() {
  return std::make_shared<const Error>(
      Error{.kind = ErrorKind::kUnauthorized, .message = "HTTP 401"});
}

TEST(AccountGateTest, LetsTheFirstGoAloneUntilItIsAccepted) {
  AccountGate gate;
  const auto pass = gate.Enter(kStart);

  EXPECT_EQ(gate.Ask(true, kStart + 1ms), Word::kWait);
  gate.Leave(pass, Verdict::kAccepted, nullptr, kStart + 20ms);

  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(gate.Ask(true, kStart + 20ms), Word::kGo);
    gate.Enter(kStart + 20ms);
  }
}

TEST(AccountGateTest, LetsAnotherGoAfter250MsWhenOneHangs) {
  AccountGate gate;
  gate.Enter(kStart);

  EXPECT_EQ(gate.Ask(true, kStart + 249ms), Word::kWait);
  EXPECT_EQ(gate.WakeAt(), kStart + 250ms);
  EXPECT_EQ(gate.Ask(true, kStart + 250ms), Word::kGo);
}

TEST(AccountGateTest, LetsAtMostThreeBeOnTheirWayUnproven) {
  AccountGate gate;
  const auto first = gate.Enter(kStart);
  gate.Enter(kStart + 250ms);
  gate.Enter(kStart + 500ms);

  EXPECT_EQ(gate.Ask(true, kStart + 1h), Word::kWait);
  gate.Leave(first, Verdict::kNone, nullptr, kStart + 1h);
  EXPECT_EQ(gate.Ask(true, kStart + 1h), Word::kGo);
}

TEST(AccountGateTest, LetsOneGoAheadAfterARest) {
  AccountGate gate;
  gate.Leave(gate.Enter(kStart), Verdict::kAccepted, nullptr, kStart);
  EXPECT_EQ(gate.Ask(true, kStart + 999ms), Word::kGo);
  gate.Enter(kStart + 999ms);
  EXPECT_EQ(gate.Ask(true, kStart + 999ms), Word::kGo);

  EXPECT_EQ(gate.Ask(true, kStart + 1min), Word::kGo);
  const auto ahead = gate.Enter(kStart + 1min);
  EXPECT_EQ(gate.Ask(true, kStart + 1min), Word::kWait);
  gate.Leave(ahead, Verdict::kAccepted, nullptr, kStart + 1min + 20ms);

  EXPECT_EQ(gate.Ask(true, kStart + 1min + 20ms), Word::kGo);
}

TEST(AccountGateTest, WaitsForTheOneAheadNoLongerThan250Ms) {
  AccountGate gate;
  gate.Leave(gate.Enter(kStart), Verdict::kAccepted, nullptr, kStart);
  const auto ahead = gate.Enter(kStart + 1min);
  gate.Leave(ahead, Verdict::kNone, nullptr, kStart + 1min + 10ms);

  EXPECT_EQ(gate.Ask(true, kStart + 1min + 249ms), Word::kWait);
  EXPECT_EQ(gate.WakeAt(), kStart + 1min + 250ms);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(gate.Ask(true, kStart + 1min + 250ms), Word::kGo);
    gate.Enter(kStart + 1min + 250ms);
  }
}

TEST(AccountGateTest, LetsOneAMinuteTryAgainAfterARefusal) {
  AccountGate gate;
  const auto pass = gate.Enter(kStart);
  gate.Leave(pass, Verdict::kRefused, Refusal(), kStart);

  EXPECT_EQ(gate.Ask(true, kStart + 59s), Word::kRefused);
  EXPECT_EQ(gate.Refusal()->message, "HTTP 401");
  EXPECT_EQ(gate.Ask(true, kStart + 60s), Word::kGo);
  gate.Enter(kStart + 60s);
  EXPECT_EQ(gate.Ask(true, kStart + 60s), Word::kRefused);
  EXPECT_EQ(gate.Ask(true, kStart + 120s), Word::kGo);
}

TEST(AccountGateTest, OpensWhenATrialIsAccepted) {
  AccountGate gate;
  gate.Leave(gate.Enter(kStart), Verdict::kRefused, Refusal(), kStart);
  const auto trial = gate.Enter(kStart + 60s);

  gate.Leave(trial, Verdict::kAccepted, nullptr, kStart + 61s);

  EXPECT_EQ(gate.Ask(true, kStart + 61s), Word::kGo);
}

TEST(AccountGateTest, OpensAtOnceForNewCredentials) {
  AccountGate gate;
  gate.Leave(gate.Enter(kStart), Verdict::kRefused, Refusal(), kStart);

  gate.NewCredentials();

  EXPECT_EQ(gate.Ask(true, kStart + 1ms), Word::kGo);
}

TEST(AccountGateTest, IgnoresALateVerdictAboutOldCredentials) {
  AccountGate gate;
  const auto old = gate.Enter(kStart);
  gate.NewCredentials();

  gate.Leave(old, Verdict::kRefused, Refusal(), kStart + 1s);

  EXPECT_EQ(gate.Ask(true, kStart + 1s), Word::kGo);
}

TEST(AccountGateTest, RemembersWhyTheLastRequestHadNoVerdictUntilOneHas) {
  AccountGate gate;
  EXPECT_FALSE(gate.NoVerdict());
  const auto silent = gate.Enter(kStart);
  const auto cut = gate.Enter(kStart + 250ms);
  const auto last = gate.Enter(kStart + 500ms);

  gate.Leave(silent, Verdict::kNone,
             std::make_shared<const Error>(
                 Error{.kind = ErrorKind::kConnect, .message = "refused"}),
             kStart + 1s);
  gate.Leave(cut, Verdict::kNone, nullptr, kStart + 1s);
  ASSERT_TRUE(gate.NoVerdict());
  EXPECT_EQ(gate.NoVerdict()->kind, ErrorKind::kConnect);

  gate.Leave(last, Verdict::kAccepted, nullptr, kStart + 1s);
  EXPECT_FALSE(gate.NoVerdict());
}

TEST(AccountGateTest, HoldsNothingBackWhereNothingCanBeLockedButAfterARefusal) {
  AccountGate gate;
  const auto pass = gate.Enter(kStart);
  EXPECT_EQ(gate.Ask(false, kStart), Word::kGo);

  gate.Leave(pass, Verdict::kRefused, Refusal(), kStart);
  EXPECT_EQ(gate.Ask(false, kStart + 1s), Word::kRefused);
}

}  // namespace
}  // namespace exporter
