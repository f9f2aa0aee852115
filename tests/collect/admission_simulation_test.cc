// What admission.h promises, held against a cloud and an IAM that keep books.
// Each promise has a story of its own; random schedules mix them.

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/numbered_name.h"
#include "support/random_schedules.h"
#include "support/simulated_cloud.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Fate = SimulatedCloud::Fate;
using Way = SimulatedCloud::Way;

constexpr Way kWays[] = {Way::kToken, Way::kPassword, Way::kKey};

// The share of answers that good datasets got.
class Share {
 public:
  explicit Share(const SimulatedCloud& cloud) : cloud_(cloud) {}

  void Add(const Collection& collection) {
    for (const Reading& reading : collection.readings) {
      const DatasetKey& key =
          collection.catalogue->datasets[reading.dataset].key;
      if (cloud_.fates.contains(key)) continue;
      if (cloud_.accounts[cloud_.account_of.at(key.project_id)]
              .refused_scopes.contains(key.project_id)) {
        continue;
      }
      ++wanted_;
      if (reading.status) ++answered_;
    }
  }
  [[nodiscard]] double Value() const {
    return static_cast<double>(answered_) / static_cast<double>(wanted_);
  }

 private:
  const SimulatedCloud& cloud_;
  std::size_t wanted_ = 0;
  std::size_t answered_ = 0;
};

// The most of `times` that lie within `window`.
std::size_t MostWithin(const std::vector<SteadyTime>& times,
                       SteadyDuration window) {
  std::size_t most = 0;
  for (std::size_t from = 0; from < times.size(); ++from) {
    std::size_t to = from;
    while (to < times.size() && times[to] - times[from] < window) ++to;
    most = std::max(most, to - from);
  }
  return most;
}

// Issue: one project that IAM refuses.
TEST(AdmissionSimulationTest, AProjectThatIamRefusesDarkensNoOther) {
  for (const bool bad_one_first : {true, false}) {
    SCOPED_TRACE(bad_one_first);
    SimulatedCloud cloud(1);
    cloud.AddAccount(Way::kPassword).refused_scopes = {"bad"};
    cloud.AddProject(bad_one_first ? "bad" : "good", 0, 5);
    cloud.AddProject(bad_one_first ? "good" : "bad", 0, 5);
    cloud.Configure();

    Share share(cloud);
    cloud.ScrapeEach(15s, 10s, 30min,
                     [&](const Collection& one) { share.Add(one); });

    EXPECT_EQ(share.Value(), 1.0);
    EXPECT_LE(cloud.logins, 1U + 3U);
  }
}

TEST(AdmissionSimulationTest, AProjectThatAReloadAddsDarkensNoRunningOne) {
  SimulatedCloud cloud(1);
  cloud.AddAccount(Way::kPassword).refused_scopes = {"bad"};
  cloud.token_life = 600s;
  cloud.AddProject("good", 0, 5);
  cloud.Configure();
  Share share(cloud);
  const auto look = [&](const Collection& one) { share.Add(one); };
  cloud.ScrapeEach(15s, 10s, 1min, look);

  cloud.AddProject("bad", 0, 5);
  cloud.Configure();
  cloud.planner.Reloaded();
  cloud.ScrapeEach(15s, 10s, 2h, look);

  EXPECT_EQ(share.Value(), 1.0);
}

TEST(AdmissionSimulationTest, AWrongPasswordLocksNobodyInADay) {
  for (const std::size_t projects : {1U, 2U, 30U}) {
    SCOPED_TRACE(projects);
    SimulatedCloud cloud(1);
    SimulatedCloud::Account& account = cloud.AddAccount(Way::kPassword);
    *account.secret = "wrong";
    for (std::size_t i = 0; i < projects; ++i) {
      cloud.AddProject(NumberedName("p", i), 0, 2);
    }
    cloud.Configure();

    cloud.ScrapeEach(1min, 10s, 24h, [](const Collection&) {});

    EXPECT_FALSE(account.locked);
    EXPECT_LE(account.refusals["wrong"].size(), 3U);
    // The right one is tried at once.
    *account.secret = "right";
    cloud.PassTime(2s);
    EXPECT_EQ(cloud.Scrape(10s).errors, 0U);
  }
}

TEST(AdmissionSimulationTest, APasswordThatIsRotatedLocksNobodyInADay) {
  for (const std::size_t projects : {1U, 2U, 30U}) {
    SCOPED_TRACE(projects);
    SimulatedCloud cloud(1);
    SimulatedCloud::Account& account = cloud.AddAccount(Way::kPassword);
    account.refused_scopes = {"p1"};
    cloud.token_life = 1h;
    for (std::size_t i = 0; i < projects; ++i) {
      cloud.AddProject(NumberedName("p", i), 0, 2);
    }
    cloud.Configure();
    cloud.ScrapeEach(1min, 10s, 2h, [](const Collection&) {});

    account.right = "rotated";
    cloud.ScrapeEach(1min, 10s, 24h, [](const Collection&) {});

    EXPECT_FALSE(account.locked);
    EXPECT_LE(account.refusals["right"].size(), 4U);
  }
}

TEST(AdmissionSimulationTest, AReloadWithAPasswordThatIsRotatedLocksNobody) {
  SimulatedCloud cloud(1);
  SimulatedCloud::Account& account = cloud.AddAccount(Way::kPassword);
  cloud.AddProject("good", 0, 2);
  for (int i = 0; i < 8; ++i) {
    const std::string id = NumberedName("bad", i);
    account.refused_scopes.insert(id);
    cloud.AddProject(id, 0, 2);
  }
  cloud.Configure();
  cloud.ScrapeEach(1min, 10s, 1h, [](const Collection&) {});

  account.right = "rotated";
  cloud.planner.Reloaded();
  cloud.ScrapeEach(1min, 10s, 24h, [](const Collection&) {});

  EXPECT_FALSE(account.locked);
  EXPECT_LE(account.refusals["right"].size(), 4U);
}

TEST(AdmissionSimulationTest, TriesAPasswordAsOftenAsMaxTriesSays) {
  for (const unsigned tries : {1U, 2U, 5U}) {
    SimulatedCloud cloud(1);
    SimulatedCloud::Account& account = cloud.AddAccount(Way::kPassword);
    *account.secret = "wrong";
    cloud.lockout = 100;
    cloud.AddProject("p", 0, 2).max_password_tries = tries;
    cloud.Configure();

    cloud.ScrapeEach(1min, 10s, 23h, [](const Collection&) {});
    EXPECT_EQ(account.refusals["wrong"].size(), tries);

    cloud.planner.Reloaded();
    cloud.Scrape(10s);
    cloud.PassTime(1min);
    cloud.Scrape(10s);
    EXPECT_EQ(account.refusals["wrong"].size(), tries + 1);
    cloud.PassTime(24h);
    cloud.Scrape(10s);
    EXPECT_EQ(account.refusals["wrong"].size(), tries + 2);
  }
}

TEST(AdmissionSimulationTest, TriesAPasswordAfterOneAndAfterTenMinutes) {
  SimulatedCloud cloud(1);
  SimulatedCloud::Account& account = cloud.AddAccount(Way::kPassword);
  *account.secret = "wrong";
  cloud.AddProject("p", 0, 2);
  cloud.Configure();

  cloud.ScrapeEach(10s, 5s, 1h, [](const Collection&) {});

  const std::vector<SteadyTime>& tried = account.refusals["wrong"];
  ASSERT_EQ(tried.size(), 3U);
  EXPECT_GE(tried[1] - tried[0], 60s);
  EXPECT_LE(tried[1] - tried[0], 70s);
  EXPECT_GE(tried[2] - tried[0], 600s);
  EXPECT_LE(tried[2] - tried[0], 620s);
}

TEST(AdmissionSimulationTest, AWrongKeyIsTriedThreeTimesInFifteenMinutes) {
  SimulatedCloud cloud(1);
  SimulatedCloud::Account& account = cloud.AddAccount(Way::kKey);
  *account.secret = "wrong";
  cloud.AddProject("p0", 0, 20);
  cloud.AddProject("p1", 0, 20);
  cloud.Configure();

  cloud.ScrapeEach(15s, 10s, 6h, [](const Collection&) {});

  EXPECT_EQ(MostWithin(account.refusals["wrong"], 15min), 3U);
  EXPECT_GE(account.refusals["wrong"].size(), 3U * 6 * 4 / 2);
  *account.secret = "right";
  cloud.PassTime(2s);
  EXPECT_EQ(cloud.Scrape(10s).errors, 0U);
}

TEST(AdmissionSimulationTest, AKeyThatWasTakenAwayIsTriedAsSeldom) {
  SimulatedCloud cloud(1);
  SimulatedCloud::Account& account = cloud.AddAccount(Way::kKey);
  cloud.AddProject("p0", 0, 200);
  cloud.Configure();
  cloud.ScrapeEach(15s, 10s, 1min, [](const Collection&) {});

  account.right = "another";
  cloud.ScrapeEach(15s, 10s, 6h, [](const Collection&) {});

  EXPECT_LE(MostWithin(account.refusals["right"], 15min), 3U);
}

TEST(AdmissionSimulationTest, AStrayRefusalCostsNothing) {
  for (const Way way : kWays) {
    SCOPED_TRACE(static_cast<int>(way));
    SimulatedCloud cloud(1);
    cloud.AddAccount(way);
    cloud.AddProject("p", 0, 200);
    cloud.stray_401 = 1.0 / 500;
    cloud.Configure();

    Share share(cloud);
    cloud.ScrapeEach(5s, 4s, 1h,
                     [&](const Collection& one) { share.Add(one); });

    EXPECT_GE(share.Value(), 0.999);
    EXPECT_LE(cloud.logins, 2U);
  }
}

TEST(AdmissionSimulationTest,
     DatasetsThatAreAlwaysRefusedCostTheOthersNothing) {
  for (const Way way : kWays) {
    for (const std::size_t refused : {1U, 2U, 5U}) {
      SCOPED_TRACE(static_cast<int>(way));
      SCOPED_TRACE(refused);
      SimulatedCloud cloud(1);
      cloud.AddAccount(way);
      cloud.AddProject("p", 0, 50);
      cloud.settings.concurrency = 4;
      for (std::size_t i = 0; i < refused; ++i) {
        cloud.fates[cloud.catalogue->datasets[i].key] = Fate::kUnauthorized;
      }
      cloud.Configure();

      Share share(cloud);
      cloud.ScrapeEach(15s, 10s, 2h, [&](const Collection& one) {
        share.Add(one);
        EXPECT_EQ(one.readings[0].failure->kind, ErrorKind::kUnauthorized);
      });

      EXPECT_GE(share.Value(), 0.999);
      EXPECT_LE(cloud.logins, 1U);
      EXPECT_TRUE(cloud.held_back.empty());
    }
  }
}

// The only good dataset meets a stray refusal while nothing has accepted the
// token yet: it is among the three tries that the doubt allows.
TEST(AdmissionSimulationTest, AStrayRefusalAmongRefusedOnesIsTriedOnceMore) {
  SimulatedCloud cloud(1);
  cloud.AddAccount(Way::kPassword);
  cloud.AddProject("p", 0, 3);
  for (const std::size_t refused : {1U, 2U}) {
    cloud.fates[cloud.catalogue->datasets[refused].key] = Fate::kUnauthorized;
  }
  cloud.stray_401 = 1;
  cloud.Configure();

  const ScrapeId scrape = cloud.Begin(5s);
  while (cloud.asked == 0) cloud.PassTime(1ms);
  cloud.stray_401 = 0;
  cloud.PassTime(5s);

  const Collection& collection = cloud.finished.at(scrape);
  EXPECT_TRUE(collection.readings[0].status);
  EXPECT_EQ(collection.errors, 2U);
}

TEST(AdmissionSimulationTest, ATokenThatWasRevokedCostsNoAnswerAndOneLogin) {
  SimulatedCloud cloud(1);
  cloud.AddAccount(Way::kPassword);
  cloud.AddProject("p", 0, 300);
  cloud.Configure();
  cloud.Scrape(10s);
  cloud.PassTime(2min);

  for (int i = 0; i < 3; ++i) {
    cloud.RevokeTokens();
    EXPECT_EQ(cloud.Scrape(10s).errors, 0U);
    cloud.PassTime(1h);
  }

  EXPECT_EQ(cloud.logins, 4U);
}

TEST(AdmissionSimulationTest, ASingleDatasetHasItsTokenRenewed) {
  SimulatedCloud cloud(1);
  cloud.AddAccount(Way::kPassword);
  cloud.AddProject("p", 0, 1);
  cloud.Configure();
  cloud.Scrape(10s);
  cloud.RevokeTokens();

  EXPECT_EQ(cloud.Scrape(10s).errors, 0U);
  EXPECT_EQ(cloud.logins, 2U);
}

// Issue: after each pause all workers went at once, and whoever got the 429
// lost his turn.
TEST(AdmissionSimulationTest, AQuotaIsUsedWithFewRefusalsAndInTurn) {
  const struct {
    Way way;
    std::size_t projects;
    SimulatedCloud::Quota quota;
  } kCases[] = {
      {Way::kKey, 3, {40, 10s, true, true, std::nullopt}},
      {Way::kToken, 1, {40, 10s, true, true, std::nullopt}},
      {Way::kToken, 1, {40, 10s, true, false, std::nullopt}},
      {Way::kKey, 3, {40, 10s, true, false, 10s}},
      {Way::kToken, 2, {40, 10s, false, true, std::nullopt}},
  };
  for (const auto& [way, projects, quota] : kCases) {
    SCOPED_TRACE(testing::PrintToString(&quota - &kCases[0].quota));
    SimulatedCloud cloud(1);
    cloud.AddAccount(way);
    constexpr std::size_t kDatasets = 180;
    for (std::size_t i = 0; i < projects; ++i) {
      cloud.AddProject(NumberedName("p", i), 0, kDatasets / projects);
    }
    cloud.quota = quota;
    cloud.Configure();
    cloud.ScrapeEach(10s, 9s, 1min, [](const Collection&) {});
    const std::size_t asked = cloud.asked;
    const std::size_t throttled = cloud.throttled;

    std::map<std::size_t, int> answers;
    // What the quota has room for: all datasets 5 times.
    const auto best = 5 * kDatasets * quota.window /
                      (quota.requests * (quota.of_user ? 1 : projects));
    cloud.ScrapeEach(
        10s, 9s,
        std::chrono::duration_cast<std::chrono::milliseconds>(best * 3 / 2),
        [&](const Collection& one) {
          for (const Reading& reading : one.readings) {
            if (reading.status) ++answers[reading.dataset];
          }
        });

    EXPECT_LE(double(cloud.throttled - throttled),
              0.05 * double(cloud.asked - asked));
    EXPECT_EQ(answers.size(), kDatasets);
    int least = 1000;
    for (const auto& [dataset, times] : answers) least = std::min(least, times);
    EXPECT_GE(least, 4);
  }
}

TEST(AdmissionSimulationTest, ThirtyProjectsOfOneUserShareWhatIamAllows) {
  SimulatedCloud cloud(1);
  cloud.AddAccount(Way::kPassword);
  for (int i = 0; i < 30; ++i) {
    cloud.AddProject(NumberedName("p", i), 0, 2);
  }
  cloud.iam_quota = {5, 1s, true, false, 1s};
  cloud.Configure();

  cloud.Scrape(15s);
  EXPECT_EQ(cloud.tokens_of.size(), 30U);
  EXPECT_LE(cloud.logins_throttled, 15U);
}

TEST(AdmissionSimulationTest, AnIamThatIsClosedIsAskedAsSeldomAsItSays) {
  SimulatedCloud cloud(1);
  cloud.AddAccount(Way::kPassword);
  for (int i = 0; i < 30; ++i) {
    cloud.AddProject(NumberedName("p", i), 0, 2);
  }
  cloud.iam_quota = {1, 1h, true, false, 20s};
  cloud.Configure();

  cloud.ScrapeEach(5s, 4s, 1min, [](const Collection&) {});

  EXPECT_LE(cloud.logins, 6U);
}

TEST(AdmissionSimulationTest, AGatewayThatIsAwayForAMomentCostsNoDataset) {
  for (const auto away : {300ms, 1000ms, 3000ms}) {
    for (const Way way : kWays) {
      SCOPED_TRACE(away.count());
      SCOPED_TRACE(static_cast<int>(way));
      SimulatedCloud cloud(1);
      cloud.AddAccount(way);
      cloud.AddProject("p", 0, 3000);
      cloud.Configure();
      ASSERT_EQ(cloud.Scrape(20s).errors, 0U);
      cloud.PassTime(15s);

      const ScrapeId scrape = cloud.Begin(20s);
      cloud.PassTime(300ms);
      const std::size_t asked = cloud.asked;
      cloud.unreachable = {"p"};
      cloud.PassTime(away);
      // Those that were on their way, one ahead of each pause, few retries.
      EXPECT_LE(cloud.asked - asked, 64U + 32U);
      cloud.unreachable.clear();
      cloud.PassTime(20s);

      EXPECT_EQ(cloud.finished.at(scrape).errors, 0U);
    }
  }
}

TEST(AdmissionSimulationTest, DatasetsThatAlwaysBreakCostTheOthersNothing) {
  for (const std::size_t broken : {1U, 5U, 20U}) {
    SCOPED_TRACE(broken);
    SimulatedCloud cloud(1);
    cloud.settings.concurrency = 4;
    cloud.AddAccount(Way::kToken);
    cloud.AddProject("p", 0, 50);
    for (std::size_t i = 0; i < broken; ++i) {
      cloud.fates[cloud.catalogue->datasets[i].key] = Fate::kResets;
    }
    cloud.Configure();

    Share share(cloud);
    cloud.ScrapeEach(15s, 10s, 30min,
                     [&](const Collection& one) { share.Add(one); });

    EXPECT_GE(share.Value(), broken < 20 ? 1.0 : 0.95);
  }
}

TEST(AdmissionSimulationTest, AnEndpointThatIsGoneIsNotWaitedFor) {
  SimulatedCloud cloud(1);
  cloud.AddAccount(Way::kToken);
  cloud.AddProject("p", 0, 3000);
  cloud.unreachable = {"p"};
  cloud.Configure();
  cloud.Scrape(20s);
  const std::size_t asked = cloud.asked;

  SteadyDuration longest{};
  cloud.ScrapeEach(30s, 20s, 5min, [&](const Collection& one) {
    longest = std::max(longest, one.duration);
    EXPECT_EQ(one.errors, 3000U);
    EXPECT_EQ(one.readings[2999].failure->kind, ErrorKind::kConnect);
  });

  EXPECT_LE(longest, 2s);
  EXPECT_LE(cloud.asked - asked, 200U);
}

// Clouds, credentials and events at random; what holds at every moment.
class RandomSchedule {
 public:
  explicit RandomSchedule(std::uint64_t seed) : cloud_(seed) {
    cloud_.settings.concurrency = cloud_.Pick(2, 16);
    has_stray_ = cloud_.Chance(0.3);
    if (has_stray_) cloud_.stray_401 = 1.0 / 300;
    if (cloud_.Chance(0.2)) cloud_.iam_hangs = 0.2;
    if (cloud_.Chance(0.2)) cloud_.slow = 0.05;
    if (cloud_.Chance(0.2)) {
      cloud_.quota = {static_cast<int>(cloud_.Pick(5, 60)), 10s,
                      cloud_.Chance(0.5), cloud_.Chance(0.5), std::nullopt};
    }
    const std::size_t accounts = cloud_.Pick(1, 3);
    for (std::size_t i = 0; i < accounts; ++i) {
      AddAccount(cloud_.AddAccount(kWays[cloud_.Pick(0, 2)]), i);
    }
    cloud_.lockout = 5 + static_cast<int>(refused_scopes_);
    cloud_.Configure();
  }

  void Run() {
    for (int i = 0; i < 12 && !testing::Test::HasFailure(); ++i) {
      const std::chrono::milliseconds budget(cloud_.Pick(3000, 8000));
      const SteadyTime deadline = cloud_.now.steady + budget;
      const Collection collection = cloud_.Scrape(budget);
      EXPECT_LE(cloud_.now.steady, deadline);
      EXPECT_LE(cloud_.most_in_flight, cloud_.settings.concurrency);
      CheckAnswers(collection);
      CheckTries();
      cloud_.PassTime(std::chrono::milliseconds(
          cloud_.Chance(0.1) ? cloud_.Pick(60'000, 4'000'000)
                             : cloud_.Pick(10, 15'000)));
      if (cloud_.Chance(0.15)) Disturb();
    }
  }

 private:
  void AddAccount(SimulatedCloud::Account& account, std::size_t index) {
    if (cloud_.Chance(0.2)) *account.secret = "wrong";
    const std::size_t projects = cloud_.Pick(1, 3);
    std::size_t unauthorized = 0;
    for (std::size_t i = 0; i < projects; ++i) {
      const std::string id = NumberedName("p", index) + "-" + std::to_string(i);
      if (account.way == Way::kPassword && cloud_.Chance(0.25)) {
        account.refused_scopes.insert(id);
        ++refused_scopes_;
      }
      const std::size_t before = cloud_.catalogue->datasets.size();
      cloud_.AddProject(id, index, cloud_.Pick(1, 12));
      for (std::size_t d = before; d < cloud_.catalogue->datasets.size(); ++d) {
        if (!cloud_.Chance(0.25)) continue;
        const auto fate = static_cast<Fate>(cloud_.Pick(1, 6));
        if (fate == Fate::kUnauthorized) ++unauthorized;
        cloud_.fates[cloud_.catalogue->datasets[d].key] = fate;
      }
    }
    // A key that nothing has accepted yet has three tries only.
    if (account.way == Way::kKey && unauthorized > 1) disturbed_.insert(index);
    if (*account.secret == "wrong") disturbed_.insert(index);
  }

  void Disturb() {
    const std::size_t index = cloud_.Pick(0, cloud_.accounts.size() - 1);
    SimulatedCloud::Account& account = cloud_.accounts[index];
    disturbed_.insert(index);
    switch (cloud_.Pick(0, 4)) {
      case 0:  // A person puts another secret into the file.
        *account.secret = NumberedName("secret ", ++secrets_);
        if (cloud_.Chance(0.5)) account.right = *account.secret;
        break;
      case 1:  // It is replaced in the cloud.
        account.right = NumberedName("secret ", ++secrets_);
        break;
      case 2:
        cloud_.RevokeTokens();
        for (std::size_t i = 0; i < cloud_.accounts.size(); ++i) {
          disturbed_.insert(i);
        }
        break;
      case 3:
        cloud_.Configure();
        cloud_.planner.Reloaded();
        ++reloads_;
        break;
      default:
        for (std::size_t i = 0; i < cloud_.accounts.size(); ++i) {
          disturbed_.insert(i);
        }
        cloud_.unreachable = {cloud_.projects.front()->project_id};
        (void)cloud_.Scrape(3s);
        cloud_.unreachable.clear();
        break;
    }
  }

  // What is well answers within two scrapes, whatever its neighbours do.
  void CheckAnswers(const Collection& collection) {
    // A scrape finds as many that hang as there are workers; what is well may
    // wait for all of them to be found.
    const auto hanging = static_cast<std::size_t>(std::count_if(
        cloud_.fates.begin(), cloud_.fates.end(),
        [](const auto& fate) { return fate.second == Fate::kHangs; }));
    const int allowed =
        2 + static_cast<int>(hanging / cloud_.settings.concurrency);
    for (const Reading& reading : collection.readings) {
      const DatasetKey& key =
          collection.catalogue->datasets[reading.dataset].key;
      const std::size_t index = cloud_.account_of.at(key.project_id);
      const bool is_well =
          !cloud_.fates.contains(key) && !disturbed_.contains(index) &&
          !cloud_.accounts[index].refused_scopes.contains(key.project_id) &&
          cloud_.quota.requests == 0 && cloud_.iam_hangs == 0 &&
          cloud_.slow == 0;
      int& missed = missed_[reading.dataset];
      missed = is_well && reading.failure ? missed + 1 : 0;
      if (reading.status) good_.insert(key.project_id);
      EXPECT_LT(missed, allowed)
          << hanging << " hang, " << cloud_.settings.concurrency << " workers, "
          << key.project_id << "/" << key.dataset_id << ": "
          << reading.failure->message;
    }
    if (has_stray_) return;
    for (const auto& [project, tokens] : cloud_.tokens_of) {
      if (disturbed_.contains(cloud_.account_of.at(project))) continue;
      // Where nothing at all is accepted, the token is rightly doubted.
      if (good_.contains(project)) {
        EXPECT_LE(tokens, 1) << project << " was given one token after another";
      }
    }
  }

  void CheckTries() {
    for (const SimulatedCloud::Account& account : cloud_.accounts) {
      for (const auto& [secret, refusals] : account.refusals) {
        if (account.way == Way::kKey) {
          if (account.accepted.contains(secret)) continue;
          EXPECT_LE(MostWithin(refusals, 15min), 3U) << secret;
        } else if (account.way == Way::kPassword &&
                   !secret.starts_with('t') &&  // No token.
                   secret != account.right) {
          // A reload allows one more, and one confirms a rotation.
          EXPECT_LE(refusals.size(), 3U + reloads_ + 1U) << secret;
        }
      }
      if (reloads_ == 0 && secrets_ == 0) {
        EXPECT_FALSE(account.locked);
      }
    }
  }

  SimulatedCloud cloud_;
  bool has_stray_ = false;
  std::size_t refused_scopes_ = 0;
  std::size_t reloads_ = 0;
  std::size_t secrets_ = 0;
  std::set<std::size_t> disturbed_;  // Accounts.
  std::map<std::size_t, int> missed_;
  std::set<SharedText> good_;  // Projects of which a dataset was answered.
};

// ADMISSION_SEED=7 runs that one alone; ADMISSION_SEEDS=20000 so many.
TEST(AdmissionSimulationTest, KeepsItsPromisesOnRandomSchedules) {
  const char* one = std::getenv("ADMISSION_SEED");
  const char* many = std::getenv("ADMISSION_SEEDS");
  const std::uint64_t first = one != nullptr ? std::stoull(one) : 1;
  const std::uint64_t last =
      one != nullptr
          ? first
          : (many != nullptr ? std::stoull(many) : RandomSchedules(2000));
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    RandomSchedule(seed).Run();
    ASSERT_FALSE(HasFailure()) << "ADMISSION_SEED=" << seed;
  }
}

// A stray refusal of the only good one among three.
TEST(AdmissionSimulationTest, KeepsItsPromisesOnSchedule26702) {
  RandomSchedule(26702).Run();
}

}  // namespace
}  // namespace exporter
