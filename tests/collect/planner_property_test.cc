// The promises of planner.h on thousands of random schedules: clouds that
// answer, delay, throttle, refuse, break and hang; scrapes that overlap;
// datasets that come and go.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "collect/planner.h"
#include "support/planned_cloud.h"
#include "support/random_schedules.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

class Schedule {
 public:
  explicit Schedule(unsigned seed) : rng_(seed), cloud_(seed) {
    cloud_.settings.concurrency = Pick(1, 12);
    if (Pick(0, 2) == 0) {
      cloud_.settings.memory.min_interval_active = milliseconds(Pick(1, 3000));
      cloud_.settings.memory.min_interval_settled = milliseconds(Pick(1, 9000));
    }
    if (Pick(0, 2) == 0) {
      cloud_.settings.memory.max_stale = milliseconds(Pick(1, 20000));
    }
    const std::size_t projects = Pick(1, 4);
    for (std::size_t p = 0; p < projects; ++p) {
      auto project = cloud_.AddProject(NumberedName("p", p), Pick(0, 25));
      if (Pick(0, 3) == 0) {
        project->rate_limit = RateLimit{.requests = double(Pick(1, 50)),
                                        .per = milliseconds(Pick(100, 5000)),
                                        .burst = double(Pick(1, 10))};
      }
      cloud_.CredentialsOf(p).lockable = Pick(0, 1) == 0
                                             ? Credentials::Lockable::kKey
                                             : Credentials::Lockable::kNothing;
    }
    cloud_.Configure();
    cloud_.cloud = [this](const DatasetKey&) { return AnyFate(); };
    cloud_.check = [this] { CheckBounds(); };
  }

  void Run() {
    for (int event = 0; event < 25; ++event) {
      if (Pick(0, 9) == 0) {
        Reconfigure();
      } else {
        BeginAny();
      }
      cloud_.PassTime(milliseconds(Pick(0, 2500)));
    }
    cloud_.PassTime(20s);
    CheckScrapes();
    CheckRates();
    EXPECT_EQ(cloud_.planner.InFlight(), 0U);
  }

 private:
  struct Promise {
    SteadyTime deadline;
    std::size_t datasets;
  };

  std::size_t Pick(std::size_t least, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(least, most)(rng_);
  }

  PlannedCloud::Fate AnyFate() {
    const milliseconds delay(Pick(0, 5) == 0 ? Pick(1, 4000) : Pick(1, 60));
    switch (Pick(0, 14)) {
      case 0:
        return PlannedCloud::Hangs();
      case 1:
        return PlannedCloud::After(delay,
                                   PlannedCloud::Bad(ErrorKind::kConnect));
      case 2:
        return PlannedCloud::After(
            delay, PlannedCloud::Bad(ErrorKind::kServerError, 503));
      case 3: {
        auto fate = PlannedCloud::After(
            delay, PlannedCloud::Bad(ErrorKind::kThrottled, 429));
        if (Pick(0, 1) == 0)
          fate.answer.retry_after = milliseconds(Pick(0, 5000));
        return fate;
      }
      case 4:
        return PlannedCloud::After(
            delay, PlannedCloud::Bad(ErrorKind::kNotFound, 404));
      case 5:
        if (Pick(0, 5) == 0) {
          return PlannedCloud::After(
              delay, PlannedCloud::Bad(ErrorKind::kUnauthorized, 401));
        }
        [[fallthrough]];
      default:
        return PlannedCloud::After(
            delay, PlannedCloud::Good(kAllSyncStates[Pick(0, 6)]));
    }
  }

  void BeginAny() {
    const std::size_t all = cloud_.catalogue->datasets.size();
    std::vector<std::size_t> datasets;
    const bool whole = Pick(0, 3) != 0;
    for (std::size_t i = 0; i < all; ++i) {
      if (whole || Pick(0, 3) == 0) datasets.push_back(i);
    }
    const milliseconds budget(Pick(1, 4000));
    const SteadyTime deadline = cloud_.now.steady + budget;
    const ScrapeId id = cloud_.BeginOf(datasets, budget);
    promises_[id] = {deadline, datasets.size()};
  }

  void Reconfigure() {
    auto& datasets = cloud_.catalogue->datasets;
    if (!datasets.empty() && Pick(0, 1) == 0) {
      datasets.erase(datasets.begin() +
                     static_cast<std::ptrdiff_t>(Pick(0, datasets.size() - 1)));
    } else {
      const std::string id = NumberedName("new", ++made_);
      datasets.push_back(
          Dataset{.key = {cloud_.projects.front()->project_id, id}});
    }
    cloud_.Configure();
  }

  void CheckBounds() {
    EXPECT_LE(cloud_.in_flight.size(), cloud_.settings.concurrency);
    EXPECT_EQ(cloud_.planner.InFlight(), cloud_.in_flight.size());
    std::set<DatasetKey> once;
    for (const auto& [request, dataset] : cloud_.in_flight) {
      EXPECT_TRUE(once.insert(dataset).second)
          << dataset.dataset_id << " is asked twice at once";
    }
  }

  void CheckScrapes() {
    ASSERT_EQ(cloud_.finished.size(), promises_.size());
    for (const auto& [id, promise] : promises_) {
      EXPECT_LE(cloud_.finished_at.at(id), promise.deadline);
      const Collection& collection = cloud_.finished.at(id);
      ASSERT_EQ(collection.readings.size(), promise.datasets);
      std::size_t errors = 0;
      std::set<std::size_t> reported;
      for (const Reading& reading : collection.readings) {
        EXPECT_TRUE(reported.insert(reading.dataset).second);
        EXPECT_NE(reading.status == nullptr, reading.failure == nullptr);
        if (reading.failure) ++errors;
      }
      EXPECT_EQ(collection.errors, errors);
    }
  }

  // In any stretch of time, a project makes at most burst + rate * time
  // requests.
  void CheckRates() {
    for (const auto& project : cloud_.projects) {
      if (!project->rate_limit) continue;
      std::vector<SteadyTime> times;
      for (const auto& ask : cloud_.asked) {
        if (ask.dataset.project_id == project->project_id) {
          times.push_back(ask.at);
        }
      }
      const RateLimit& limit = *project->rate_limit;
      for (std::size_t from = 0; from < times.size(); ++from) {
        for (std::size_t to = from; to < times.size(); ++to) {
          const double periods =
              std::chrono::duration<double>(times[to] - times[from]) /
              std::chrono::duration<double>(limit.per);
          EXPECT_LE(double(to - from + 1),
                    limit.burst + periods * limit.requests + 1e-3);
        }
      }
    }
  }

  std::mt19937 rng_;
  PlannedCloud cloud_;
  std::map<ScrapeId, Promise> promises_;
  std::size_t made_ = 0;
};

TEST(PlannerPropertyTest, KeepsItsPromisesOnRandomSchedules) {
  for (unsigned seed = 1; seed <= RandomSchedules(3000); ++seed) {
    SCOPED_TRACE(seed);
    Schedule(seed).Run();
    if (HasFailure()) return;
  }
}

// Fairness: whatever hangs, a healthy dataset is served in one of any two
// scrapes in a row.
TEST(PlannerPropertyTest, ServesTheHealthyWithinTwoScrapesWhateverHangs) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 rng(seed);
    PlannedCloud cloud(seed);
    cloud.settings.concurrency = 2 + rng() % 15;
    const std::size_t stuck = cloud.settings.concurrency + rng() % 12;
    cloud.AddProject("p", stuck + 1 + rng() % 40);
    cloud.Configure();
    const std::size_t all = cloud.catalogue->datasets.size();
    std::set<SharedText> hanging;
    while (hanging.size() < stuck) {
      hanging.insert(
          NumberedName("d", seed % 2 == 0 ? hanging.size() : rng() % all));
    }
    cloud.cloud = [&](const DatasetKey& key) {
      return hanging.contains(key.dataset_id) ? PlannedCloud::Hangs()
                                              : PlannedCloud::Good();
    };

    std::map<std::size_t, int> missed;
    for (int scrape = 0; scrape < 6; ++scrape) {
      for (const Reading& reading : cloud.Scrape(2s).readings) {
        const SharedText& id =
            cloud.catalogue->datasets[reading.dataset].key.dataset_id;
        if (hanging.contains(id)) continue;
        int& in_a_row = missed[reading.dataset];
        in_a_row = reading.failure ? in_a_row + 1 : 0;
        EXPECT_LT(in_a_row, 2) << id << " in scrape " << scrape;
      }
    }
    if (HasFailure()) return;
  }
}

TEST(PlannerPropertyTest, GivesEachItsTurnWhenTheRateReachesOnlySome) {
  PlannedCloud cloud;
  cloud.AddProject("p", 100)->rate_limit =
      RateLimit{.requests = 10, .per = 1s, .burst = 5};
  cloud.Configure();

  std::map<std::size_t, int> served;
  for (int scrape = 0; scrape < 12; ++scrape) {
    for (const Reading& reading : cloud.Scrape(2s).readings) {
      if (reading.status) ++served[reading.dataset];
    }
  }

  ASSERT_EQ(served.size(), 100U);
  for (const auto& [dataset, times] : served) {
    EXPECT_GE(times, 2) << dataset;
    EXPECT_LE(times, 3) << dataset;
  }
}

}  // namespace
}  // namespace exporter
