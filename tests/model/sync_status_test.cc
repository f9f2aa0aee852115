#include "model/sync_status.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(SyncStateTest, HasTheWordsOfTheApiInTheOrderOfTheDocumentation) {
  std::string words;
  for (const SyncState state : kAllSyncStates) {
    words += std::string(ToLabel(state)) + " ";
  }
  EXPECT_EQ(words,
            "QUEUING STARTING RUNNING COMPLETED FAILED NOT_EXIST UNKNOWN ");
}

TEST(SyncStateTest, IsReadBackFromItsWord) {
  for (const SyncState state : kAllSyncStates) {
    EXPECT_EQ(ParseSyncState(ToLabel(state)), state) << ToLabel(state);
  }
}

TEST(SyncStateTest, IsUnknownForEveryOtherWord) {
  for (const char* word : {"", "PAUSED", "running", "RUNNING ", "NOT EXIST"}) {
    EXPECT_EQ(ParseSyncState(word), SyncState::kUnknown) << word;
  }
}

TEST(SyncStateTest, IsActiveWhileATaskIsOrMayBeOnItsWay) {
  for (const SyncState state : {SyncState::kQueuing, SyncState::kStarting,
                                SyncState::kRunning, SyncState::kUnknown}) {
    EXPECT_TRUE(IsActive(state)) << ToLabel(state);
  }
  for (const SyncState state :
       {SyncState::kCompleted, SyncState::kFailed, SyncState::kNotExist}) {
    EXPECT_FALSE(IsActive(state)) << ToLabel(state);
  }
}

}  // namespace
}  // namespace exporter
