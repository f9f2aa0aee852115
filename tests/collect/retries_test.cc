#include "collect/retries.h"

#include <gtest/gtest.h>

#include "support/numbered_name.h"
#include "support/waiting_entry.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Phase = Entry::Phase;

class RetriesTest : public testing::Test {
 protected:
  std::shared_ptr<Entry> Asked(const std::string& id) {
    auto entry = waiting_.Wait(id);
    waiting_.Ask(*entry);
    return entry;
  }

  WaitingScrape waiting_;
  SteadyTime now_ = waiting_.now.steady;
  Rng rng_;
  Retries retries_;
};

TEST_F(RetriesTest, QueuesWhatHasRestedOnceMoreAndOnlyOnce) {
  const auto entry = Asked("d");
  ASSERT_TRUE(retries_.Rest(entry, now_, rng_));
  EXPECT_TRUE(entry->phase.Is(Phase::kResting));
  const SteadyTime end = retries_.WakeAt();
  EXPECT_GE(end, now_ + 100ms);
  EXPECT_LE(end, now_ + 200ms);

  retries_.Wake(end - 1ns);
  EXPECT_TRUE(entry->phase.Is(Phase::kResting));
  retries_.Wake(end);
  EXPECT_TRUE(entry->phase.Is(Phase::kQueued));
  EXPECT_EQ(&waiting_.project->Next(false), entry.get());
  EXPECT_EQ(retries_.WakeAt(), SteadyTime::max());

  waiting_.Ask(*entry);
  EXPECT_FALSE(retries_.Rest(entry, end, rng_));
}

TEST_F(RetriesTest, RestsForNobodyWhoseTimeIsUpBefore) {
  const auto entry = Asked("d");

  EXPECT_FALSE(
      retries_.Rest(entry, waiting_.scrape.order.deadline - 100ms, rng_));

  EXPECT_TRUE(entry->phase.Is(Phase::kAsked));
}

TEST_F(RetriesTest, ForgetsWhatIsDropped) {
  const auto dropped = Asked("d1");
  const auto kept = Asked("d2");
  ASSERT_TRUE(retries_.Rest(dropped, now_, rng_));
  ASSERT_TRUE(retries_.Rest(kept, now_, rng_));

  retries_.Drop(*dropped);
  retries_.Wake(now_ + 1s);

  EXPECT_TRUE(dropped->phase.Is(Phase::kResting));
  EXPECT_TRUE(kept->phase.Is(Phase::kQueued));
}

TEST_F(RetriesTest, KeepsToItsBudget) {
  int rested = 0;
  for (std::size_t i = 0; i < 50; ++i) {
    retries_.CountRequest(now_);
    if (retries_.Rest(Asked(NumberedName("d", i)), now_, rng_)) ++rested;
  }

  EXPECT_EQ(rested, 10);
}

}  // namespace
}  // namespace exporter
