#include "collect/admission.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_credentials.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

// Two projects of one account, with what is given up when it is refused, and
// is had anew at once.
class AdmissionTest : public testing::Test {
 protected:
  AdmissionTest() { credentials_->is_given_up_when_refused = true; }

  std::shared_ptr<const ProjectSettings> Project(const std::string& id) {
    auto settings = std::make_shared<ProjectSettings>();
    settings->project_id = id;
    settings->account = "account";
    settings->credentials = credentials_;
    return settings;
  }

  // Asks for the only dataset there is.
  void Ask(Admission& admission, const Error* error) {
    Admission::Object object;
    object.name = "d1";
    const HttpRequest proved;
    const auto pass = admission.Enter(std::move(object), now_.steady);
    admission.Ended(
        pass, {.error = error}, &proved, [] { return true; }, now_, rng_);
  }

  bool WasGivenUp() const {
    return credentials_->state == Credentials::Readiness::kPending;
  }
  void Renew(const std::vector<Admission*>& projects) {
    credentials_->state = Credentials::Readiness::kReady;
    ++credentials_->generation;
    for (Admission* one : projects) one->NoticeNewCredentials(now_.steady);
  }
  void PassTime(std::chrono::milliseconds time) {
    now_.steady += time;
    now_.wall += time;
  }

  const Error kRefused{.kind = ErrorKind::kUnauthorized, .http_status = 401};
  Instant now_{SteadyTime(1000s), WallTime(1000s)};
  Rng rng_;
  SharedLimits shared_;
  std::shared_ptr<FakeCredentials> credentials_ =
      std::make_shared<FakeCredentials>();
};

TEST_F(AdmissionTest, GivesUpAKeyAtMostOnceAMinuteForAllProjectsOfIt) {
  credentials_->lockable = Credentials::Lockable::kKey;
  Admission one(Project("p1"), shared_);
  Admission other(Project("p2"), shared_);
  Ask(one, nullptr);
  Ask(one, &kRefused);
  ASSERT_TRUE(WasGivenUp());
  Renew({&one, &other});

  PassTime(59s);
  Ask(other, nullptr);
  Ask(other, &kRefused);
  EXPECT_FALSE(WasGivenUp()) << "what takes its place would fare no better";

  PassTime(1s);
  Ask(other, nullptr);
  Ask(other, &kRefused);
  EXPECT_TRUE(WasGivenUp());
}

TEST_F(AdmissionTest, GivesUpTokensEverMoreSeldomWhereTheApiRefusesEachOne) {
  credentials_->lockable = Credentials::Lockable::kPassword;
  Admission admission(Project("p1"), shared_);

  std::vector<SteadyTime> given_up;
  for (int second = 0; second < 7200; ++second, PassTime(1s)) {
    if (admission.Decide(now_, [] { return true; }).MayGo()) {
      Ask(admission, &kRefused);
    }
    if (!WasGivenUp()) continue;
    given_up.push_back(now_.steady);
    Renew({&admission});
  }

  ASSERT_GE(given_up.size(), 4U);
  SteadyDuration least = 1min;
  for (std::size_t i = 1; i < given_up.size(); ++i) {
    ASSERT_GE(given_up[i] - given_up[i - 1], least) << i;
    least = std::min<SteadyDuration>(2 * least, 32min);
  }
}

}  // namespace
}  // namespace exporter
