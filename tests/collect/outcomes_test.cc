#include "collect/outcomes.h"

#include <gtest/gtest.h>

#include <iterator>

#include "support/waiting_entry.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const Error> NotFound() {
  return std::make_shared<const Error>(
      Error{.kind = ErrorKind::kNotFound, .message = "gone"});
}

class OutcomesTest : public testing::Test {
 protected:
  OutcomesTest() { WaitingScrape::Join(other_, entry_); }

  WaitingScrape waiting_;
  Scrape other_{.order = {.began = waiting_.now.steady,
                          .deadline = waiting_.now.steady + 5s},
                .catalogue = {},
                .readings = {},
                .waiting_for = {}};
  std::shared_ptr<Entry> entry_ = waiting_.Wait("d");
  Outcomes outcomes_;
};

TEST_F(OutcomesTest, TellAllWhoWaitAndStartTheQueryAnew) {
  waiting_.Ask(*entry_);
  entry_->retried = true;
  entry_->last_error = NotFound();
  outcomes_.Succeed(*entry_, SyncStatus{}, waiting_.now);

  for (const Scrape* scrape : {&waiting_.scrape, &other_}) {
    EXPECT_EQ(scrape->missing, 0U);
    EXPECT_TRUE(scrape->readings[0].status);
    EXPECT_EQ(scrape->waiting_for[0], nullptr);
  }
  EXPECT_TRUE(entry_->phase.Is(Entry::Phase::kIdle));
  EXPECT_TRUE(entry_->waiters.empty());
  EXPECT_FALSE(entry_->asked || entry_->retried || entry_->last_error);
}

TEST_F(OutcomesTest, LetOneGoWhileTheOtherWaitsOn) {
  outcomes_.Leave(other_, 0, NotFound(), other_.order.deadline);

  EXPECT_EQ(other_.missing, 0U);
  ASSERT_TRUE(other_.readings[0].failure);
  EXPECT_EQ(other_.readings[0].failure->message, "gone");
  EXPECT_EQ(waiting_.scrape.missing, 1U);
  ASSERT_FALSE(entry_->waiters.empty());
  EXPECT_EQ(entry_->waiters.front().scrape, &waiting_.scrape);
  EXPECT_EQ(std::next(entry_->waiters.begin()), entry_->waiters.end());
}

TEST_F(OutcomesTest, TellOnceOfEachChangeOfHealthOfWhatWasAsked) {
  const auto fail = [&](bool asked) {
    if (entry_->phase.Is(Entry::Phase::kIdle)) {
      waiting_.project->Enqueue(*entry_);
    }
    waiting_.Ask(*entry_);
    entry_->asked = asked;
    outcomes_.Fail(*entry_, NotFound(), waiting_.now);
    return outcomes_.TakeHealthChanges().size();
  };
  EXPECT_EQ(fail(false), 0U);
  EXPECT_EQ(fail(true), 1U);
  EXPECT_EQ(fail(true), 0U);

  waiting_.project->Enqueue(*entry_);
  waiting_.Ask(*entry_);
  outcomes_.Succeed(*entry_, SyncStatus{}, waiting_.now);
  const auto well = outcomes_.TakeHealthChanges();
  ASSERT_EQ(well.size(), 1U);
  EXPECT_EQ(well[0].failure, nullptr);
}

}  // namespace
}  // namespace exporter
