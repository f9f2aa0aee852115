#include "collect/login_gate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Verdict = LoginGate::Verdict;

constexpr SteadyTime kOpening{1h};

class LoginGateTest : public testing::Test {
 protected:
  bool MayAsk(const std::string& project, SteadyTime now) const {
    return gate_.NextAt(project, now) <= now;
  }
  void Login(const std::string& project, Verdict verdict, SteadyTime now) {
    EXPECT_TRUE(MayAsk(project, now)) << project;
    gate_.End(gate_.Begin(now), project, verdict, refusal_, false, now);
  }
  std::shared_ptr<const Error> refusal_ = std::make_shared<const Error>(
      Error{.kind = ErrorKind::kUnauthorized, .message = "HTTP 401"});
  LoginGate gate_;
};

TEST_F(LoginGateTest, TriesTheSameProjectAfterOneAndTenMinutesAndThenOnceADay) {
  Login("p", Verdict::kRefused, kOpening);
  EXPECT_FALSE(MayAsk("p", kOpening + 59s));
  Login("p", Verdict::kRefused, kOpening + 1min);
  EXPECT_FALSE(MayAsk("p", kOpening + 9min));
  Login("p", Verdict::kRefused, kOpening + 10min);
  EXPECT_EQ(gate_.TriesFor("p"), 3);
  EXPECT_FALSE(MayAsk("p", kOpening + 24h));
  Login("p", Verdict::kRefused, kOpening + 24h + 10min);
  EXPECT_FALSE(MayAsk("p", kOpening + 48h));
}

TEST_F(LoginGateTest, TriesOtherProjectsAtOnceButNoMoreInAll) {
  Login("p", Verdict::kRefused, kOpening);
  Login("q", Verdict::kRefused, kOpening);
  Login("r", Verdict::kRefused, kOpening);
  EXPECT_FALSE(MayAsk("s", kOpening + 23h));
}

TEST_F(LoginGateTest, HoldsBackTheRefusedProjectAloneOnceAnotherWasAccepted) {
  Login("bad", Verdict::kRefused, kOpening);
  Login("good", Verdict::kAccepted, kOpening);
  Login("worse", Verdict::kRefused, kOpening);
  Login("worst", Verdict::kRefused, kOpening);
  Login("none", Verdict::kRefused, kOpening);
  EXPECT_TRUE(MayAsk("good", kOpening));
  EXPECT_TRUE(MayAsk("other", kOpening));
  EXPECT_FALSE(MayAsk("bad", kOpening));
}

TEST_F(LoginGateTest, CountsRefusalsOfProjectsThatHadATokenAgainstThePassword) {
  for (const std::string project : {"p", "q", "r", "s"}) {
    Login(project, Verdict::kAccepted, kOpening);
  }
  Login("p", Verdict::kRefused, kOpening + 1h);
  Login("q", Verdict::kRefused, kOpening + 1h);
  Login("r", Verdict::kRefused, kOpening + 1h);
  EXPECT_FALSE(MayAsk("s", kOpening + 2h));
  EXPECT_FALSE(MayAsk("new", kOpening + 2h));
  EXPECT_TRUE(MayAsk("s", kOpening + 25h));
}

TEST_F(LoginGateTest, LetsOneGoUntilItIsAcceptedAndThenThreeAtATime) {
  const auto first = gate_.Begin(kOpening);
  EXPECT_FALSE(MayAsk("q", kOpening));
  EXPECT_EQ(gate_.NextAt("q", kOpening), kOpening + 250ms);
  gate_.End(first, "p", Verdict::kAccepted, nullptr, false, kOpening);

  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(MayAsk("q", kOpening));
    gate_.Begin(kOpening);
  }
  EXPECT_EQ(gate_.NextAt("q", kOpening), SteadyTime::max());
}

TEST_F(LoginGateTest, CountsRenewalsOnTheirWayAsTriesToo) {
  gate_.SetMaxTries(1);
  Login("p", Verdict::kAccepted, kOpening);
  Login("q", Verdict::kAccepted, kOpening);

  gate_.Begin(kOpening + 1h);
  EXPECT_FALSE(MayAsk("q", kOpening + 1h));
}

TEST_F(LoginGateTest, CountsWhatIsOnItsWayAsTries) {
  Login("p", Verdict::kRefused, kOpening);
  Login("q", Verdict::kRefused, kOpening);
  gate_.Begin(kOpening);
  EXPECT_EQ(gate_.NextAt("r", kOpening), SteadyTime::max());
}

TEST_F(LoginGateTest, TakesSilenceForARefusalOnceThereWasOne) {
  gate_.End(gate_.Begin(kOpening), "p", Verdict::kNone, nullptr, true,
            kOpening);
  EXPECT_EQ(gate_.TriesFor("p"), 0);
  Login("p", Verdict::kRefused, kOpening);
  gate_.End(gate_.Begin(kOpening), "q", Verdict::kNone, nullptr, true,
            kOpening);
  EXPECT_EQ(gate_.TriesFor("r"), 2);
}

TEST_F(LoginGateTest, TriesOnceMoreAfterAReloadAndANewPasswordAtOnce) {
  gate_.SetMaxTries(1);
  Login("p", Verdict::kRefused, kOpening);
  EXPECT_FALSE(MayAsk("p", kOpening + 1h));
  gate_.Reloaded();
  Login("p", Verdict::kRefused, kOpening + 1h);
  EXPECT_FALSE(MayAsk("p", kOpening + 2h));
  EXPECT_FALSE(MayAsk("q", kOpening + 2h));

  gate_.NewSecret();
  EXPECT_TRUE(MayAsk("p", kOpening + 2h));
  EXPECT_FALSE(gate_.RefusalFor("p"));
}

// What nobody can tell from a wrong password counts as one.
TEST_F(LoginGateTest, LetsThreeOfThoseRefusedAloneTryAgainOnReloadsAndInTurn) {
  const std::vector<std::string> kAlone = {"a", "b", "c", "d", "e"};
  const auto try_all = [&](SteadyTime now) {
    std::string tried;
    for (const std::string& project : kAlone) {
      if (!MayAsk(project, now)) continue;
      Login(project, Verdict::kRefused, now);
      tried += project;
    }
    return tried;
  };
  Login("good", Verdict::kAccepted, kOpening);
  EXPECT_EQ(try_all(kOpening), "abcde");
  EXPECT_EQ(try_all(kOpening + 1h), "");

  gate_.Reloaded();
  EXPECT_EQ(try_all(kOpening + 1h), "abc");
  gate_.Reloaded();
  EXPECT_EQ(try_all(kOpening + 1h), "d");
  gate_.Reloaded();
  EXPECT_EQ(try_all(kOpening + 1h), "e");

  Login("good", Verdict::kAccepted, kOpening + 1h);
  gate_.Reloaded();
  EXPECT_EQ(try_all(kOpening + 1h), "abc");
  // It was the password, then: they were its tries.
  Login("good", Verdict::kRefused, kOpening + 1h);
  EXPECT_FALSE(MayAsk("good", kOpening + 24h));
  EXPECT_FALSE(MayAsk("d", kOpening + 24h));
}

TEST_F(LoginGateTest, IgnoresALateVerdictOnAnOldPassword) {
  const auto old = gate_.Begin(kOpening);
  gate_.NewSecret();
  gate_.End(old, "p", Verdict::kRefused, refusal_, false, kOpening);
  EXPECT_TRUE(MayAsk("p", kOpening));
}

}  // namespace
}  // namespace exporter
