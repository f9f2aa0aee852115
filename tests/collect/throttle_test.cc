#include "collect/throttle.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kFirst{1h};

class ThrottleTest : public testing::Test {
 protected:
  bool Refuse(SteadyTime now, const Throttle::Refusal& refusal = {}) {
    return throttle_.Refused(throttle_.Enter(now), refusal, now, rng_);
  }
  // How many may go at once.
  int Room(SteadyTime now) {
    int room = 0;
    while (throttle_.NextAt(now) <= now && room < 1000) {
      passes_.push_back(throttle_.Enter(now));
      ++room;
    }
    return room;
  }
  void AcceptAll() {
    for (const auto& pass : passes_) throttle_.Accepted(pass);
    passes_.clear();
  }

  Throttle throttle_{{.learns_pace = false}};
  Rng rng_;
  std::vector<Throttle::Pass> passes_;
};

TEST_F(ThrottleTest, HoldsNothingBackAtFirst) { EXPECT_EQ(Room(kFirst), 1000); }

TEST_F(ThrottleTest, PausesAsLongAsTheCloudSays) {
  Refuse(kFirst, {.retry_after = 7s, .quota = {}});
  EXPECT_EQ(throttle_.NextAt(kFirst), kFirst + 7s);
}

TEST_F(ThrottleTest, PausesLongerUntilARequestIsAccepted) {
  SteadyTime now = kFirst;
  for (const auto longest : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    Refuse(now);
    EXPECT_GE(throttle_.PausedUntil() - now, longest / 2);
    EXPECT_LE(throttle_.PausedUntil() - now, longest);
    now = throttle_.PausedUntil();
  }
  throttle_.Accepted(throttle_.Enter(now));
  Refuse(now);
  EXPECT_LE(throttle_.PausedUntil() - now, 1s);
}

TEST_F(ThrottleTest, BeginsOnePauseHoweverManyWereOnTheirWay) {
  Room(kFirst);
  int begun = 0;
  for (const auto& pass : passes_) {
    if (throttle_.Refused(pass, {}, kFirst + 10ms, rng_)) ++begun;
  }
  EXPECT_EQ(begun, 1);
  EXPECT_LE(throttle_.PausedUntil(), kFirst + 10ms + 1s);
}

TEST_F(ThrottleTest, LetsOneGoAfterAPauseAndThenTwiceAsManyEachTime) {
  Refuse(kFirst, {.retry_after = 1s, .quota = {}});
  for (const int room : {1, 2, 4, 8, 16, 32, 64, 128, 256}) {
    EXPECT_EQ(Room(kFirst + 1s), room);
    AcceptAll();
  }
  EXPECT_EQ(Room(kFirst + 1s), 1000);
}

TEST_F(ThrottleTest, WhatWasOnItsWayBeforeAPauseSaysNothingOfItsEnd) {
  const Throttle::Pass before = throttle_.Enter(kFirst);
  Refuse(kFirst, {.retry_after = 1s, .quota = {}});

  throttle_.Accepted(before);
  EXPECT_EQ(throttle_.InARow(), 1U);
  EXPECT_EQ(Room(kFirst + 1s), 1);
}

TEST_F(ThrottleTest, LetsTheNextGoWhenTheOneAheadHangs) {
  Refuse(kFirst, {.retry_after = 1s, .quota = {}});
  EXPECT_EQ(Room(kFirst + 1s), 1);
  EXPECT_EQ(throttle_.NextAt(kFirst + 1s), kFirst + 2s);
  EXPECT_EQ(Room(kFirst + 2s), 1);
}

TEST_F(ThrottleTest, KeepsToTheQuotaThatARefusalTells) {
  throttle_ = Throttle();
  Refuse(kFirst, {.retry_after = 0s, .quota = RateLimit{40, 10s, 0}});
  int went = 0;
  for (SteadyTime now = kFirst; now < kFirst + 20s; now += 10ms) {
    went += Room(now);
    AcceptAll();
  }
  EXPECT_LE(went, 80);
  EXPECT_GE(went, 70);
}

TEST_F(ThrottleTest, LearnsThePaceFromWhatWasAcceptedBetweenRefusals) {
  throttle_ = Throttle();
  Refuse(kFirst, {.retry_after = 0s, .quota = {}});
  for (int i = 0; i < 100; ++i) throttle_.Accepted(throttle_.Enter(kFirst));
  Refuse(kFirst + 10s, {.retry_after = 0s, .quota = {}});
  int went = 0;
  for (SteadyTime now = kFirst + 10s; now < kFirst + 30s; now += 10ms) {
    went += Room(now);
    AcceptAll();
  }
  EXPECT_LE(went, 200);
  EXPECT_GE(went, 180);
}

TEST_F(ThrottleTest, ForgetsThePaceTenMinutesAfterTheLastRefusal) {
  throttle_ = Throttle();
  Refuse(kFirst, {.retry_after = 0s, .quota = RateLimit{40, 10s, 0}});
  Room(kFirst + 10min);
  AcceptAll();
  for (int i = 0; i < 10; ++i) {
    Room(kFirst + 10min);
    AcceptAll();
  }
  EXPECT_EQ(Room(kFirst + 10min), 1000);
}

}  // namespace
}  // namespace exporter
