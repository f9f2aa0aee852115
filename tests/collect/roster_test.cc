#include "collect/roster.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "support/waiting_entry.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

class RosterTest : public testing::Test {
 protected:
  void Replace(std::initializer_list<const char*> datasets) {
    auto catalogue = std::make_shared<Catalogue>();
    for (const char* id : datasets) {
      catalogue->datasets.push_back(Dataset{.key = {"p", id}});
    }
    roster_.Replace(catalogue, {{"p", waiting_.project}}, now_);
  }

  WaitingScrape waiting_;
  SteadyTime now_ = waiting_.now.steady;
  Roster roster_;
};

TEST_F(RosterTest, KeepsWhoStaysAndWhoComesBackWithinAQuarterOfAnHour) {
  Replace({"a", "b"});
  const std::shared_ptr<Entry> a = roster_.At(0);
  const std::shared_ptr<Entry> b = roster_.At(1);

  Replace({"b"});
  EXPECT_EQ(roster_.At(0), b);
  EXPECT_EQ(b->order, 0U);
  now_ += 15min - 1s;
  Replace({"a", "b"});
  EXPECT_EQ(roster_.At(0), a);
  EXPECT_EQ(roster_.At(1), b);

  Replace({"b"});
  now_ += 15min;
  Replace({"a", "b"});
  EXPECT_NE(roster_.At(0), a);
}

TEST_F(RosterTest, GivesWhoWaitsHisPlaceInTheNewOrder) {
  Replace({"a", "b", "c"});
  for (const auto& entry : roster_.entries()) waiting_.project->Enqueue(*entry);

  Replace({"c", "b", "a"});

  const std::vector<Entry*> queued = waiting_.project->queue().All();
  ASSERT_EQ(queued.size(), 3U);
  EXPECT_EQ(queued[0]->key.dataset_id, "c");
  EXPECT_EQ(queued[2]->key.dataset_id, "a");
}

TEST_F(RosterTest, KnowsAnotherProbeUnlessItWasRefusedByItself) {
  Replace({"a", "b"});
  Admission& admission = waiting_.project->admission();
  EXPECT_TRUE(roster_.HasAnotherProbe(admission, roster_.At(0).get()));

  const Error refused{.kind = ErrorKind::kUnauthorized, .http_status = 401};
  roster_.At(1)->standing.Note(&refused, admission.StandingEpoch());
  EXPECT_FALSE(roster_.HasAnotherProbe(admission, roster_.At(0).get()));
  EXPECT_TRUE(roster_.HasAnotherProbe(admission, nullptr));
}

}  // namespace
}  // namespace exporter
