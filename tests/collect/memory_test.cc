#include "collect/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace exporter {
namespace {

using namespace std::chrono_literals;

const WallTime kNoon =
    std::chrono::sys_days(std::chrono::year(2024) / 1 / 1) + 12h;

Instant At(std::chrono::milliseconds after) {
  return {.steady = SteadyTime(1h) + after, .wall = kNoon + after};
}

SyncStatus Task(SyncState state, const std::string& id) {
  SyncStatus status;
  status.state = state;
  status.task_id = id;
  return status;
}

SyncStatus State(SyncState state) { return Task(state, "t"); }

std::shared_ptr<const Error> SomeError() {
  return std::make_shared<const Error>(
      Error{.kind = ErrorKind::kServerError, .message = "HTTP 503"});
}

TEST(TaskCounterTest, StartsAtZeroForATaskThatHadEndedBefore) {
  TaskCounter counter;
  EXPECT_FALSE(counter.History());

  counter.Observe(Task(SyncState::kCompleted, "t1"), kNoon);

  EXPECT_EQ(counter.History()->completed, 0U);
  EXPECT_EQ(counter.History()->failed, 0U);
  EXPECT_EQ(counter.History()->last_completed, kNoon);
}

TEST(TaskCounterTest, CountsSinceTheFirstAnswerWhateverComesLater) {
  TaskCounter counter;
  counter.Observe(Task(SyncState::kRunning, "t1"), kNoon);
  ASSERT_EQ(counter.History()->begin, kNoon);

  counter.Observe(Task(SyncState::kCompleted, "t1"), kNoon - 48h);
  counter.Observe(Task(SyncState::kFailed, "t2"), kNoon + 48h);
  counter.BeginAgainWith(Task(SyncState::kRunning, "t0"));
  counter.Observe(Task(SyncState::kFailed, "t0"), kNoon + 49h);

  EXPECT_EQ(counter.History()->begin, kNoon);
  EXPECT_EQ(counter.History()->failed, 2U);
}

TEST(TaskCounterTest, CountsEachEndOnce) {
  TaskCounter counter;
  for (const auto& [state, id] :
       std::initializer_list<std::pair<SyncState, const char*>>{
           {SyncState::kRunning, "t1"},
           {SyncState::kCompleted, "t1"},
           {SyncState::kCompleted, "t1"},
           {SyncState::kQueuing, "t2"},
           {SyncState::kFailed, "t2"},
           {SyncState::kFailed, "t2"}}) {
    counter.Observe(Task(state, id), kNoon);
  }

  EXPECT_EQ(counter.History()->completed, 1U);
  EXPECT_EQ(counter.History()->failed, 1U);
}

TEST(TaskCounterTest, SeesATaskThatBeganAndEndedBetweenTwoLooks) {
  TaskCounter counter;
  counter.Observe(Task(SyncState::kCompleted, "t1"), kNoon);
  counter.Observe(Task(SyncState::kFailed, "t2"), kNoon);
  counter.Observe(Task(SyncState::kRunning, "t3"), kNoon);

  EXPECT_EQ(counter.History()->failed, 1U);
}

TEST(TaskCounterTest, TellsTasksApartByCreationWhereThereIsNoId) {
  TaskCounter counter;
  SyncStatus first = Task(SyncState::kCompleted, "");
  first.created = kNoon - 2h;
  SyncStatus second = first;
  second.created = kNoon - 1h;

  counter.Observe(first, kNoon);
  counter.Observe(first, kNoon);
  counter.Observe(second, kNoon);

  EXPECT_EQ(counter.History()->completed, 1U);
}

// The cloud may answer from a replica that lags behind, or with a word that we
// do not know.
TEST(TaskCounterTest, CountsATaskOnceThatSeemsToGoOnAfterItsEnd) {
  for (const SyncStatus& between :
       {Task(SyncState::kRunning, "t1"), Task(SyncState::kNotExist, ""),
        Task(SyncState::kUnknown, ""), Task(SyncState::kRunning, "")}) {
    TaskCounter counter;
    counter.Observe(Task(SyncState::kRunning, "t1"), kNoon);
    counter.Observe(Task(SyncState::kFailed, "t1"), kNoon);
    counter.Observe(between, kNoon);
    counter.Observe(Task(SyncState::kFailed, "t1"), kNoon);

    EXPECT_EQ(counter.History()->failed, 1U) << ToLabel(between.state);
  }
}

SyncStatus Created(SyncState state, const std::string& id,
                   std::chrono::minutes before_noon) {
  SyncStatus status = Task(state, id);
  status.created = kNoon - before_noon;
  return status;
}

TEST(TaskCounterTest, TellsAnEarlierTaskByItsCreationOrItsId) {
  TaskCounter counter;
  EXPECT_FALSE(
      counter.IsOfEarlierTask(Created(SyncState::kFailed, "t1", 9min)));
  counter.Observe(Task(SyncState::kRunning, "t1"), kNoon);
  counter.Observe(Created(SyncState::kRunning, "t2", 5min), kNoon);
  counter.Observe(Task(SyncState::kRunning, "t3"), kNoon);

  for (const SyncStatus& earlier :
       {Task(SyncState::kFailed, "t1"), Task(SyncState::kRunning, "t2"),
        Created(SyncState::kCompleted, "", 6min),
        Created(SyncState::kCompleted, "t0", 6min)}) {
    EXPECT_TRUE(counter.IsOfEarlierTask(earlier)) << earlier.task_id;
  }
  for (const SyncStatus& newest :
       {Task(SyncState::kFailed, "t3"), Task(SyncState::kFailed, "t4"),
        Task(SyncState::kFailed, ""), Created(SyncState::kFailed, "", 5min),
        // Its creation was corrected.
        Created(SyncState::kFailed, "t3", 6min)}) {
    EXPECT_FALSE(counter.IsOfEarlierTask(newest)) << newest.task_id;
  }
}

TEST(TaskCounterTest, RemembersAFewEarlierIdsAlone) {
  TaskCounter counter;
  for (int i = 0; i < 10; ++i) {
    counter.Observe(Task(SyncState::kRunning, std::to_string(i)), kNoon);
  }

  EXPECT_FALSE(counter.IsOfEarlierTask(Task(SyncState::kRunning, "0")));
  EXPECT_TRUE(counter.IsOfEarlierTask(Task(SyncState::kRunning, "1")));
  EXPECT_TRUE(counter.IsOfEarlierTask(Task(SyncState::kRunning, "8")));
}

TEST(TaskCounterTest, KnowsATaskByEitherNameThatAnAnswerHas) {
  SyncStatus whole = Task(SyncState::kCompleted, "t1");
  whole.created = kNoon - 1h;
  SyncStatus without_id = whole;
  without_id.task_id = {};
  TaskCounter counter;
  counter.Observe(Task(SyncState::kRunning, "t1"), kNoon);
  counter.Observe(whole, kNoon);
  counter.Observe(without_id, kNoon);
  counter.Observe(Task(SyncState::kCompleted, "t1"), kNoon);
  counter.Observe(Task(SyncState::kCompleted, ""), kNoon);

  EXPECT_EQ(counter.History()->completed, 1U);
}

TEST(TaskCounterTest, CountsEndsOfTasksWithoutAnyName) {
  TaskCounter counter;
  for (const SyncState state :
       {SyncState::kCompleted, SyncState::kCompleted, SyncState::kRunning,
        SyncState::kCompleted, SyncState::kFailed, SyncState::kFailed}) {
    counter.Observe(Task(state, ""), kNoon);
  }

  EXPECT_EQ(counter.History()->completed, 1U);
  EXPECT_EQ(counter.History()->failed, 1U);
}

TEST(TaskCounterTest, CountsATaskAgainThatEndsInAnotherWay) {
  TaskCounter counter;
  for (const SyncState state : {SyncState::kFailed, SyncState::kRunning,
                                SyncState::kCompleted, SyncState::kCompleted}) {
    counter.Observe(Task(state, "retried"), kNoon);
  }

  EXPECT_EQ(counter.History()->failed, 0U);  // It had, before the first look.
  EXPECT_EQ(counter.History()->completed, 1U);
  EXPECT_EQ(counter.History()->last_completed, kNoon);
}

TEST(TaskCounterTest, CountsTheFirstTaskThatEndsAfterNone) {
  TaskCounter counter;
  counter.Observe(Task(SyncState::kNotExist, ""), kNoon);
  counter.Observe(Task(SyncState::kFailed, "t1"), kNoon);

  EXPECT_EQ(counter.History()->failed, 1U);
}

TEST(TaskCounterTest, KnowsWhenTheLastCompletedTaskEnded) {
  TaskCounter counter;
  SyncStatus task = Task(SyncState::kCompleted, "t1");
  task.created = kNoon - 1h;
  task.runtime = 90s;

  counter.Observe(task, kNoon);
  EXPECT_EQ(counter.History()->last_completed, kNoon - 1h + 90s);

  counter.Observe(Task(SyncState::kFailed, "t2"), kNoon + 1h);
  EXPECT_EQ(counter.History()->last_completed, kNoon - 1h + 90s);
}

TEST(TaskCounterTest, PutsNoEndIntoTheFuture) {
  TaskCounter counter;
  SyncStatus task = Task(SyncState::kCompleted, "t1");
  task.created = kNoon - 1h;
  task.runtime = 5h;

  counter.Observe(task, kNoon);

  EXPECT_EQ(counter.History()->last_completed, kNoon);
}

TEST(MemoryTest, UsesSettledAnswersLongerThanActiveOnes) {
  const MemoryLimits limits{
      .min_interval_active = 1s, .min_interval_settled = 5min, .max_stale = 0s};
  Memory memory;
  memory.Succeeded(State(SyncState::kRunning), At(0s), 10ms);
  EXPECT_TRUE(memory.IsFresh(limits, At(999ms).steady));
  EXPECT_FALSE(memory.IsFresh(limits, At(1s).steady));

  memory.Succeeded(State(SyncState::kCompleted), At(2s), 10ms);
  EXPECT_TRUE(memory.IsFresh(limits, At(300s).steady));
  EXPECT_FALSE(memory.IsFresh(limits, At(302s).steady));
}

TEST(MemoryTest, LetsAReplicaThatLagsBehindCountAndShowNothing) {
  const SyncStatus solved = Created(SyncState::kFailed, "t1", 60min);
  SyncStatus newest = Created(SyncState::kCompleted, "t2", 30min);
  newest.runtime = 60s;
  for (const bool with_id : {true, false}) {
    for (const bool with_creation : {true, false}) {
      if (!with_id && !with_creation) continue;
      const auto named = [&](SyncStatus status) {
        if (!with_id) status.task_id = {};
        if (!with_creation) status.created.reset();
        return status;
      };
      Memory memory;
      memory.Succeeded(named(solved), At(0s), 10ms);
      memory.Succeeded(named(newest), At(60s), 10ms);
      const Reading before = memory.Read(0, {}, At(60s).steady);

      for (int i = 0; i < 60; ++i) {
        memory.Succeeded(named(solved), At(61s + i * 1min), 10ms);
        const Reading after = memory.Read(0, {}, At(61s + i * 1min).steady);
        EXPECT_EQ(after.status->state, SyncState::kCompleted);
        EXPECT_EQ(after.history, before.history);
        memory.Succeeded(named(newest), At(62s + i * 1min), 10ms);
      }

      EXPECT_EQ(memory.Read(0, {}, At(2h).steady).history, before.history);
      EXPECT_EQ(before.history->completed, 1U);
    }
  }
}

TEST(MemoryTest, CountsSinceTheFirstAnswerAndNotSinceAFailure) {
  Memory memory;
  memory.Failed(SomeError(), true, At(0s), 10ms);
  EXPECT_FALSE(memory.Read(0, {}, At(0s).steady).history);

  memory.Succeeded(State(SyncState::kRunning), At(5s), 10ms);
  memory.Failed(SomeError(), true, At(10s), 10ms);
  memory.Succeeded(State(SyncState::kRunning), At(15s), 10ms);

  EXPECT_EQ(memory.Read(0, {}, At(15s).steady).history->begin, At(5s).wall);
}

TEST(MemoryTest, ShowsWhenTheNewestAnswerCameAndThatAQuerySucceeded) {
  Memory memory;
  memory.Succeeded(Created(SyncState::kCompleted, "t2", 5min), At(0s), 10ms);
  memory.Failed(SomeError(), true, At(5s), 20ms);
  memory.Succeeded(Created(SyncState::kFailed, "t1", 9min), At(10s), 30ms);

  const Reading reading = memory.Read(0, {}, At(10s).steady);
  EXPECT_FALSE(reading.failure);
  EXPECT_EQ(reading.fetched, At(0s).wall);
  EXPECT_EQ(reading.query_duration, 30ms);
  EXPECT_EQ(memory.Trail().At(2), SyncState::kCompleted);
}

// A backup was restored, or the newest one had a creation in the future.
TEST(MemoryTest, BelievesAnEarlierTaskThatAloneIsSeenForAQuarterOfAnHour) {
  Memory memory;
  memory.Succeeded(Created(SyncState::kRunning, "t2", -60min), At(0s), 10ms);
  const SyncStatus earlier = Created(SyncState::kFailed, "t1", 9min);
  memory.Succeeded(earlier, At(1min), 10ms);
  memory.Succeeded(earlier, At(16min - 1s), 10ms);
  EXPECT_EQ(memory.LastGood()->state, SyncState::kRunning);

  memory.Succeeded(earlier, At(16min), 10ms);
  EXPECT_EQ(memory.LastGood()->state, SyncState::kFailed);
  EXPECT_EQ(memory.Read(0, {}, At(16min).steady).history->failed, 0U);

  memory.Succeeded(Created(SyncState::kFailed, "t3", 8min), At(17min), 10ms);
  EXPECT_EQ(memory.Read(0, {}, At(17min).steady).history->failed, 1U);
}

TEST(MemoryTest, NeverUsesAFailureAgainThatTheCloudHadNoPartIn) {
  const MemoryLimits limits{
      .min_interval_active = 1h, .min_interval_settled = 1h, .max_stale = 0s};
  Memory memory;

  memory.Failed(SomeError(), false, At(0s), 10ms);
  EXPECT_FALSE(memory.IsFresh(limits, At(1ms).steady));

  memory.Failed(SomeError(), true, At(0s), 10ms);
  EXPECT_TRUE(memory.IsFresh(limits, At(1ms).steady));
}

TEST(MemoryTest, ShowsWhenTheValuesWereFetchedAlsoBehindAFailure) {
  Memory memory;
  memory.Succeeded(State(SyncState::kRunning), At(0s), 10ms);
  memory.Failed(SomeError(), true, At(5s), 20ms);

  const Reading reading = memory.Read(3, {}, At(5s).steady);

  EXPECT_EQ(reading.dataset, 3U);
  EXPECT_TRUE(reading.failure);
  EXPECT_FALSE(reading.status);
  EXPECT_EQ(reading.fetched, At(0s).wall);
  EXPECT_EQ(reading.query_duration, 20ms);
}

TEST(MemoryTest, LetsTheLastGoodAnswerStandInUpToItsAge) {
  const MemoryLimits limits{
      .min_interval_active = 0s, .min_interval_settled = 0s, .max_stale = 60s};
  Memory memory;
  memory.Succeeded(State(SyncState::kRunning), At(0s), 10ms);
  memory.Failed(SomeError(), true, At(5s), 20ms);

  EXPECT_TRUE(memory.Read(0, limits, At(60s).steady).status);
  EXPECT_FALSE(memory.Read(0, limits, At(60s).steady).failure);
  EXPECT_TRUE(memory.Read(0, limits, At(60s).steady).bridged);
  EXPECT_TRUE(memory.Read(0, limits, At(61s).steady).failure);
  EXPECT_FALSE(memory.Read(0, limits, At(61s).steady).bridged);

  memory.Succeeded(State(SyncState::kRunning), At(70s), 10ms);
  EXPECT_FALSE(memory.Read(0, limits, At(70s).steady).bridged);
}

TEST(MemoryTest, LeavesTheReadingsThatItGaveAsTheyAre) {
  Memory memory;
  memory.Succeeded(Task(SyncState::kRunning, "t1"), At(0s), 10ms);
  const Reading before = memory.Read(0, {}, At(0s).steady);

  memory.Succeeded(Task(SyncState::kFailed, "t1"), At(1s), 10ms);

  EXPECT_EQ(before.status->state, SyncState::kRunning);
  EXPECT_EQ(memory.Read(0, {}, At(1s).steady).status->state,
            SyncState::kFailed);
}

TEST(MemoryTest, TakesNoMoreMemoryForAnAnswerThatSaysTheSame) {
  Memory memory;
  memory.Succeeded(Task(SyncState::kRunning, "t1"), At(0s), 10ms);
  const auto first = memory.LastGood();

  memory.Succeeded(Task(SyncState::kRunning, "t1"), At(1s), 10ms);

  EXPECT_EQ(memory.LastGood(), first);
  EXPECT_EQ(memory.Read(0, {}, At(1s).steady).fetched, At(1s).wall);
}

TEST(MemoryTest, LetsNothingStandInWithoutMaxStale) {
  Memory memory;
  memory.Succeeded(State(SyncState::kRunning), At(0s), 10ms);
  memory.Failed(SomeError(), true, At(0s), 20ms);

  EXPECT_TRUE(memory.Read(0, {}, At(0s).steady).failure);
}

TEST(OutcomeTrailTest, KeepsTheLatestFiftyInOrder) {
  OutcomeTrail trail;
  std::vector<std::optional<SyncState>> added;
  for (std::size_t i = 0; i < 121; ++i) {
    // Each of them, and a failure, at even and at odd places.
    const std::size_t outcome = i % (kAllSyncStates.size() + 1);
    added.push_back(outcome < kAllSyncStates.size()
                        ? std::optional(kAllSyncStates[outcome])
                        : std::nullopt);
    trail.Add(added.back());

    ASSERT_EQ(trail.Size(), std::min(added.size(), OutcomeTrail::kMost));
    for (std::size_t at = 0; at < trail.Size(); ++at) {
      ASSERT_EQ(trail.At(at), added[added.size() - trail.Size() + at]) << i;
    }
  }
}

}  // namespace
}  // namespace exporter
