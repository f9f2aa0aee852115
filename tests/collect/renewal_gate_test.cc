#include "collect/renewal_gate.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "auth/instance_metadata.h"
#include "support/fake_credentials.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

// Projects of one account, whose keys a service hands out.
class RenewalGateTest : public testing::Test {
 protected:
  RenewalGateTest() {
    Apply(gate_, credentials_);
    Apply(other_, credentials_);
  }

  void Apply(RenewalGate& gate, std::shared_ptr<Credentials> credentials,
             const std::string& account = "account") {
    ProjectSettings settings;
    settings.account = account;
    settings.credentials = std::move(credentials);
    gate.Apply(settings, shared_);
  }

  std::optional<RenewalGate::Renewal> Renew(RenewalGate& gate) {
    credentials_->renewal_due = true;
    return gate.Renew(now_);
  }
  void PassTime(SteadyDuration time) { now_.steady += time; }
  void End(const RenewalGate::Renewal& renewal, const Error* error = nullptr) {
    gate_.Ended(renewal.pass, {.error = error}, now_, rng_);
  }

  const Error kNoReply{ErrorKind::kConnect, "connection refused"};
  Instant now_{SteadyTime(1000s), WallTime(1000s)};
  Rng rng_;
  SharedLimits shared_;
  std::shared_ptr<FakeCredentials> credentials_ =
      std::make_shared<FakeCredentials>();
  RenewalGate gate_;
  RenewalGate other_;
};

TEST_F(RenewalGateTest, LeavesAServiceThatFailsAloneForAllWhoUseIt) {
  End(*Renew(gate_), &kNoReply);

  PassTime(999ms);
  EXPECT_FALSE(Renew(gate_));
  EXPECT_FALSE(Renew(other_));
  EXPECT_EQ(other_.Wait(now_).until, now_.steady + 1ms);
  PassTime(1ms);
  EXPECT_EQ(other_.Wait(now_).until, SteadyTime::max());
  EXPECT_TRUE(Renew(other_));
}

TEST_F(RenewalGateTest, RestsAsLongAsTheServiceAsksForAtAnyStep) {
  const Error busy{.kind = ErrorKind::kServerError, .http_status = 503};
  for (const bool is_first_of_two : {false, true}) {
    SCOPED_TRACE(is_first_of_two);
    const auto renewal = Renew(gate_);
    ASSERT_TRUE(renewal);
    credentials_->has_next_step = is_first_of_two;
    gate_.Ended(renewal->pass, {.error = &busy, .retry_after = 30s}, now_,
                rng_);
    credentials_->has_next_step = false;

    PassTime(30s - 1ms);
    EXPECT_FALSE(Renew(gate_));
    PassTime(1ms);
  }
  EXPECT_TRUE(Renew(gate_));
}

TEST_F(RenewalGateTest, DoesNotAskWithoutAPauseForWhatEndsAtOnce) {
  End(*Renew(gate_));

  EXPECT_FALSE(Renew(gate_));
  PassTime(1s);
  EXPECT_TRUE(Renew(gate_));
}

TEST_F(RenewalGateTest, LetsTheNextStepGoAtOnce) {
  const auto first = Renew(gate_);
  credentials_->has_next_step = true;
  End(*first, &kNoReply);

  const auto second = Renew(gate_);
  ASSERT_TRUE(second);
  credentials_->has_next_step = false;
  End(*second, &kNoReply);

  EXPECT_FALSE(Renew(gate_));
  PassTime(1s);
  EXPECT_TRUE(Renew(gate_)) << "one renewal failed, not two";
}

TEST_F(RenewalGateTest, GivesUpNothingThatTookThePlaceOfSomethingGivenUp) {
  EXPECT_TRUE(gate_.MayGiveUp(now_.steady));
  End(*Renew(gate_));
  gate_.GaveUp(now_.steady);
  EXPECT_TRUE(Renew(other_)) << "it is needed again";

  PassTime(59s);
  EXPECT_FALSE(gate_.MayGiveUp(now_.steady));
  EXPECT_FALSE(other_.MayGiveUp(now_.steady));
  PassTime(1s);
  EXPECT_TRUE(other_.MayGiveUp(now_.steady));
}

TEST_F(RenewalGateTest, SaysNothingOfTheServiceThatAReloadBrought) {
  const auto renewal = Renew(gate_);
  Apply(gate_, credentials_, "another");
  End(*renewal, &kNoReply);

  EXPECT_TRUE(Renew(gate_));
  EXPECT_FALSE(Renew(other_));
}

// Two requests make one renewal; what the second one lacks counts.
TEST_F(RenewalGateTest, AsksAMetadataServiceForTokenAndKeyAndThenRests) {
  auto metadata = std::make_shared<InstanceMetadata>();
  Apply(gate_, metadata, "server");
  const auto answer = [&](int status, std::string body) {
    const auto renewal = gate_.Renew(now_);
    EXPECT_TRUE(renewal);
    const auto error = metadata->Renewed(
        HttpReply{.status = status, .body = std::move(body)}, now_.wall);
    if (renewal) End(*renewal, error ? &*error : nullptr);
  };

  for (const SteadyDuration pause : {1s, 2s, 4s}) {
    answer(200, "t0ken");
    answer(500, "");
    PassTime(pause - 1ms);
    EXPECT_FALSE(gate_.Renew(now_));
    PassTime(1ms);
  }
}

}  // namespace
}  // namespace exporter
