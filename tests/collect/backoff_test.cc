#include "collect/backoff.h"

#include <gtest/gtest.h>

#include <vector>

namespace exporter {
namespace {

using namespace std::chrono_literals;

class BackoffTest : public testing::Test {
 protected:
  SteadyDuration Pause() const { return backoff_.NextAt() - now_; }
  SteadyDuration PauseAfter(
      ErrorKind kind,
      std::optional<std::chrono::milliseconds> retry_after = {}) {
    backoff_.Failed({kind, "scripted"}, retry_after, now_);
    return Pause();
  }

  SteadyTime now_ = SteadyTime(1000s);
  Backoff backoff_;
};

TEST_F(BackoffTest, LetsTheFirstGoAtOnce) {
  EXPECT_LE(backoff_.NextAt(), now_);
}

TEST_F(BackoffTest, WaitsLongerAfterEachFailureUpToAMinute) {
  std::vector<SteadyDuration> pauses;
  for (int i = 0; i < 9; ++i) {
    pauses.push_back(PauseAfter(ErrorKind::kConnect));
    now_ += pauses.back();
  }

  EXPECT_EQ(pauses, (std::vector<SteadyDuration>{1s, 2s, 4s, 8s, 16s, 32s, 60s,
                                                 60s, 60s}));
}

TEST_F(BackoffTest, WaitsAMinuteForAPersonToAct) {
  for (const ErrorKind kind :
       {ErrorKind::kUnauthorized, ErrorKind::kForbidden, ErrorKind::kNotFound,
        ErrorKind::kClientError, ErrorKind::kApiUnavailable}) {
    EXPECT_EQ(PauseAfter(kind), 60s) << ToLabel(kind);
    now_ += 60s;
  }
}

TEST_F(BackoffTest, WaitsAsLongAsItIsAskedTo) {
  EXPECT_EQ(PauseAfter(ErrorKind::kServerError, 300s), 300s);
  now_ += 300s;
  EXPECT_EQ(PauseAfter(ErrorKind::kNotFound, 5s), 5s);
}

TEST_F(BackoffTest, WaitsASecondWhereItIsAskedForNoPause) {
  EXPECT_EQ(PauseAfter(ErrorKind::kServerError, 0s), 1s);
}

TEST_F(BackoffTest, StartsOverAfterASuccessAndASecond) {
  PauseAfter(ErrorKind::kConnect);
  PauseAfter(ErrorKind::kConnect);
  backoff_.Succeeded(now_);

  EXPECT_EQ(Pause(), 1s);
  now_ += 1h;
  EXPECT_EQ(PauseAfter(ErrorKind::kConnect), 1s);
}

TEST_F(BackoffTest, RestsAsLongAsTheStepThatWantsLongest) {
  for (int round = 0; round < 2; ++round) {
    backoff_.StepFailed({ErrorKind::kForbidden, "refused"}, {}, now_);
    EXPECT_EQ(PauseAfter(ErrorKind::kConnect), 60s) << round;
    now_ += 60s;
  }
  EXPECT_EQ(PauseAfter(ErrorKind::kConnect), 4s) << "two failed, not four";
}

TEST_F(BackoffTest, LetsWhatWentWellGoAgainOnceItIsNeeded) {
  backoff_.Succeeded(now_);
  backoff_.NeededAgain(now_);
  EXPECT_EQ(Pause(), 0s);

  PauseAfter(ErrorKind::kNotFound);
  backoff_.NeededAgain(now_);
  EXPECT_EQ(Pause(), 60s);
}

}  // namespace
}  // namespace exporter
