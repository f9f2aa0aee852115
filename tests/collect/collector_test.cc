#include "collect/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "support/fake_credentials.h"
#include "support/numbered_name.h"
#include "support/test_cloud.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::SizeIs;

class CollectorTest : public testing::Test {
 protected:
  CollectorSettings Settings(std::size_t datasets,
                             std::chrono::milliseconds timeout = 5s) {
    auto project = std::make_shared<ProjectSettings>();
    project->project_id = "p";
    project->endpoint = cloud_.Url();
    project->transport = std::make_shared<const Transport>();
    project->credentials = std::make_shared<FakeCredentials>();
    project->account = "account";
    project->timeout = timeout;
    CollectorSettings settings;
    settings.projects = {project};
    for (std::size_t i = 0; i < datasets; ++i) {
      settings.datasets.push_back({.key = {"p", NumberedName("d", i)}});
    }
    return settings;
  }

  std::unique_ptr<Collector> Start(CollectorSettings settings) {
    return std::make_unique<Collector>(clock_, registry_, "test/1",
                                       std::move(settings));
  }

  std::future<Collection> Order(Collector& collector, SteadyDuration budget,
                                std::optional<DatasetKey> only = std::nullopt,
                                std::shared_ptr<Trace> trace = nullptr) const {
    auto promise = std::make_shared<std::promise<Collection>>();
    std::future<Collection> collection = promise->get_future();
    const SteadyTime now = clock_.SteadyNow();
    // It alone holds the promise: to drop it breaks that.
    collector.Collect({.began = now,
                       .deadline = now + budget,
                       .only = std::move(only),
                       .trace = std::move(trace),
                       .done = [promise = std::move(promise)](Collection all) {
                         promise->set_value(std::move(all));
                       }});
    return collection;
  }

  Collection Collect(Collector& collector, SteadyDuration budget) const {
    return Order(collector, budget).get();
  }

  // "COMPLETED", or the reason of the failure; one for each dataset.
  static std::vector<std::string> Outcomes(const Collection& collection) {
    std::vector<std::string> outcomes;
    for (const Reading& reading : collection.readings) {
      outcomes.emplace_back(reading.status ? ToLabel(reading.status->state)
                                           : ToLabel(reading.failure->kind));
    }
    return outcomes;
  }

  SystemClock clock_;
  prometheus::Registry registry_;
  TestCloud cloud_;
};

TEST_F(CollectorTest, AsksEveryDatasetOnce) {
  const auto collector = Start(Settings(50));
  const Collection collection = Collect(*collector, 10s);
  EXPECT_THAT(Outcomes(collection), AllOf(SizeIs(50), Each("COMPLETED")));
  EXPECT_EQ(collection.errors, 0U);
  EXPECT_THAT(cloud_.Asked(),
              AllOf(SizeIs(50), Each(testing::Pair(testing::_, 1))));
}

TEST_F(CollectorTest, TellsTheCloudWhoAsks) {
  Collect(*Start(Settings(1)), 10s);

  EXPECT_THAT(cloud_.LastRequest(),
              testing::HasSubstr("\r\nUser-Agent: test/1\r\n"));
}

TEST_F(CollectorTest, AFailureCostsNoOtherDatasetItsAnswer) {
  cloud_.Make("d0", [](Connection& c) { c.Reply(404, "{}"); });
  cloud_.Make("d1", [](Connection& c) { c.Reply(200, "<html>"); });
  cloud_.Make("d2", [](Connection& c) { c.Reset(); });
  cloud_.Make("d3", [](Connection& c) { c.Hang(); });
  const auto collector = Start(Settings(5));
  const Collection collection = Collect(*collector, 1s);
  EXPECT_THAT(Outcomes(collection),
              testing::ElementsAre("not_found", "malformed", "connect",
                                   "timeout", "COMPLETED"));
  EXPECT_EQ(collection.errors, 4U);
}

TEST_F(CollectorTest, AnswersInTimeWhateverTheCloudDoes) {
  for (const char* id : {"d0", "d1", "d2"}) {
    cloud_.Make(id, [](Connection& c) { c.Drip("HTTP/1.1 200 OK\r\n", 1s); });
  }
  const auto collector = Start(Settings(3));
  const auto began = clock_.SteadyNow();
  const Collection collection = Collect(*collector, 300ms);
  EXPECT_LT(clock_.SteadyNow() - began, 2s);
  EXPECT_THAT(Outcomes(collection), Each("timeout"));
}

TEST_F(CollectorTest, EndsARequestByTheTimeoutOfItsProject) {
  cloud_.Make("d0", [](Connection& c) { c.Hang(); });
  const auto collector = Start(Settings(1, /*timeout=*/300ms));

  const auto began = clock_.SteadyNow();
  const Collection collection = Collect(*collector, 15s);

  EXPECT_LT(clock_.SteadyNow() - began, 7s);
  EXPECT_THAT(Outcomes(collection), Each("timeout"));
}

TEST_F(CollectorTest, TakesOrdersWithoutWaitingForItsThread) {
  const CollectorSettings settings = Settings(1);
  const auto collector = Start(settings);
  std::promise<void> busy;
  std::promise<void> ordered;
  auto applied = std::async(std::launch::async, [&] {
    collector->Apply([&] {
      busy.set_value();
      EXPECT_EQ(ordered.get_future().wait_for(10s), std::future_status::ready);
      return settings;
    });
  });
  busy.get_future().wait();

  auto late = Order(*collector, 0s);
  auto in_time = Order(*collector, 10s);
  ordered.set_value();

  EXPECT_THAT(Outcomes(late.get()), AllOf(SizeIs(1), Each("timeout")));
  EXPECT_THAT(Outcomes(in_time.get()), AllOf(SizeIs(1), Each("COMPLETED")));
}

TEST_F(CollectorTest, CollectionsAtOnceShareTheirQueries) {
  std::promise<void> all_wait;
  const std::shared_future<void> go = all_wait.get_future().share();
  for (const char* id : {"d0", "d1"}) {
    cloud_.Make(id, [go](Connection& c) {
      go.wait();
      c.Reply(200, TestCloud::kCompleted);
    });
  }
  const auto collector = Start(Settings(2));
  std::vector<std::future<Collection>> collections;
  for (int i = 0; i < 8; ++i) {
    collections.push_back(Order(*collector, 20s));
  }
  while (cloud_.Asked().size() < 2) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(50ms);  // For those that began late to join.
  all_wait.set_value();
  for (auto& collection : collections) {
    EXPECT_THAT(Outcomes(collection.get()), Each("COMPLETED"));
  }
  EXPECT_THAT(cloud_.Asked(), Each(testing::Pair(testing::_, 1)));
}

// The decision: a query ends with the last collection that waits for it.
TEST_F(CollectorTest, LeavingASharedQueryDoesNotCancelItForTheOthers) {
  cloud_.Make("d0", [](Connection& c) {
    std::this_thread::sleep_for(600ms);
    c.Reply(200, TestCloud::kCompleted);
  });
  const auto collector = Start(Settings(1));
  auto patient = Order(*collector, 20s);
  EXPECT_THAT(Outcomes(Collect(*collector, 100ms)), Each("timeout"));
  EXPECT_THAT(Outcomes(patient.get()), Each("COMPLETED"));
  EXPECT_EQ(cloud_.Asked()["d0"], 1);
}

TEST_F(CollectorTest, AQueryThatNobodyWaitsForIsNotContinued) {
  std::atomic<bool> client_left = false;
  cloud_.Make("d0", [&](Connection& c) {
    c.Hang();
    client_left = true;
  });
  const auto collector = Start(Settings(1, /*timeout=*/1h));
  EXPECT_THAT(Outcomes(Collect(*collector, 100ms)), Each("timeout"));
  const auto give_up = clock_.SteadyNow() + 10s;
  while (!client_left && clock_.SteadyNow() < give_up) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(client_left);
}

TEST_F(CollectorTest, ProbesOneDatasetAndTellsItsTrace) {
  const auto collector = Start(Settings(3));
  const auto trace = std::make_shared<Trace>();
  const Collection collection =
      Order(*collector, 10s, DatasetKey{"p", "d1"}, trace).get();
  EXPECT_THAT(Outcomes(collection), testing::ElementsAre("COMPLETED"));
  EXPECT_EQ(collection.readings[0].dataset, 1U);
  EXPECT_THAT(*trace, testing::Contains(testing::HasSubstr("/datasets/d1/")));
  EXPECT_THAT(cloud_.Asked(), testing::ElementsAre(testing::Pair("d1", 1)));
}

TEST_F(CollectorTest, AnUnknownDatasetHasNoReading) {
  const auto collector = Start(Settings(3));
  const auto trace = std::make_shared<Trace>();

  const Collection collection =
      Order(*collector, 10s, DatasetKey{"p", "unheard-of"}, trace).get();

  EXPECT_THAT(collection.readings, SizeIs(0));
  EXPECT_THAT(*trace, SizeIs(0));
  EXPECT_TRUE(cloud_.Asked().empty());
}

TEST_F(CollectorTest, NewSettingsKeepWhatIsKnownOfDatasetsThatStay) {
  CollectorSettings settings = Settings(2);
  settings.memory.min_interval_settled = 1h;
  const auto collector = Start(settings);
  Collect(*collector, 10s);
  settings.datasets.erase(settings.datasets.begin());
  settings.datasets.push_back({.key = {"p", "new"}});
  collector->Apply([&] { return settings; });

  EXPECT_THAT(Outcomes(Collect(*collector, 10s)),
              AllOf(SizeIs(2), Each("COMPLETED")));

  EXPECT_EQ(cloud_.Asked()["d1"], 1);
  EXPECT_EQ(cloud_.Asked()["new"], 1);
  EXPECT_THAT(collector->Look().rows, SizeIs(2));
}

TEST_F(CollectorTest, LookingAsksNothing) {
  const auto collector = Start(Settings(2));
  const Overview overview = collector->Look();
  EXPECT_THAT(overview.rows, SizeIs(2));
  EXPECT_FALSE(overview.last_scrape.has_value());
  EXPECT_TRUE(cloud_.Asked().empty());
}

TEST_F(CollectorTest, ShowsWhichListingsFailUntilTheyWorkAgain) {
  CollectorSettings settings = Settings(0);
  auto listing = std::make_shared<ProjectSettings>(*settings.projects[0]);
  listing->discovery = DiscoverySettings{.refresh_interval = 100ms,
                                         .include = {},
                                         .exclude = {},
                                         .workspace_id = {}};
  settings.projects = {listing};
  cloud_.Make("", [](Connection& c) { c.Reply(403, "{}"); });
  const auto collector = Start(settings);
  while (!collector->IsReady()) std::this_thread::sleep_for(1ms);

  const Overview failing = collector->Look();
  ASSERT_THAT(failing.listing_failures, SizeIs(1));
  EXPECT_EQ(failing.listing_failures[0].project_id, "p");
  EXPECT_EQ(failing.listing_failures[0].error->kind, ErrorKind::kForbidden);

  cloud_.Make("", [](Connection& c) {
    c.Reply(200, R"({"total_number": 0, "datasets": []})");
  });
  const auto give_up = clock_.SteadyNow() + 10s;
  while (!collector->Look().listing_failures.empty() &&
         clock_.SteadyNow() < give_up) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(collector->Look().listing_failures.empty());
}

TEST_F(CollectorTest, DropsWhatIsNotDoneWhenItEnds) {
  cloud_.Make("d0", [](Connection& c) { c.Hang(); });
  auto collector = Start(Settings(1));
  auto waits = Order(*collector, 10min);
  while (cloud_.Asked().empty()) std::this_thread::sleep_for(1ms);

  collector->Stop();
  auto late = Order(*collector, 10min);
  EXPECT_THROW(late.get(), std::future_error);
  EXPECT_THROW(collector->Look(), std::future_error);
  collector.reset();

  EXPECT_THROW(waits.get(), std::future_error);
}

TEST_F(CollectorTest, ManyThreadsMayCollectLookAndApplyAtOnce) {
  CollectorSettings settings = Settings(20);
  const auto collector = Start(settings);
  std::vector<std::future<void>> threads;
  for (int i = 0; i < 4; ++i) {
    threads.push_back(std::async(std::launch::async, [&] {
      for (int round = 0; round < 20; ++round) {
        EXPECT_THAT(Outcomes(Collect(*collector, 10s)), Each("COMPLETED"));
        collector->Look();
        collector->Apply([&] { return settings; });
        EXPECT_TRUE(collector->IsReady());
      }
    }));
  }
  for (auto& thread : threads) thread.get();
}

}  // namespace
}  // namespace exporter
