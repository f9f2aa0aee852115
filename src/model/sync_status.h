// Says what ModelArts tells of the latest synchronization task of a dataset.
//
// Source: API reference, SyncDataSourceState, table 2. The field a value comes
// from stands beside it. The one reply the reference shows has two of the ten
// fields, so everything but the state is optional.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/packed_optional.h"
#include "base/shared_text.h"

namespace exporter {

enum class SyncState : std::uint8_t {
  kQueuing,
  kStarting,
  kRunning,
  kCompleted,
  kFailed,
  kNotExist,  // No task was ever started. Not an error.
  kUnknown,   // A word newer than this program.
};

inline constexpr std::array kAllSyncStates = {
    SyncState::kQueuing,   SyncState::kStarting, SyncState::kRunning,
    SyncState::kCompleted, SyncState::kFailed,   SyncState::kNotExist,
    SyncState::kUnknown};

struct SyncStatus {
  SyncState state = SyncState::kUnknown;         // status
  PackedOptional<std::int64_t> total_samples;    // total_sample_count
  PackedOptional<std::int64_t> added_samples;    // add_sample_count
  PackedOptional<std::int64_t> deleted_samples;  // deleted_sample_count
  PackedOptional<WallTime> created;              // create_time, in ms
  PackedOptional<std::chrono::duration<double>> runtime;  // duration_time
  SharedText task_id;                                     // task_id
  SharedText error_code;    // error_code of the task; alone it is no failure
  SharedText error_text;    // error_msg of the task
  SharedText unknown_word;  // status as received, where it is kUnknown

  bool operator==(const SyncStatus&) const = default;
};

// Whether a task is on its way, or may be: such a dataset is worth asking
// often.
bool IsActive(SyncState state);

// The word the API and our `status` label use for `state`, e.g. "RUNNING".
std::string_view ToLabel(SyncState state);

// The inverse of ToLabel. A word we do not know is kUnknown rather than an
// error: the API may grow states, and one must not cost us the whole dataset.
SyncState ParseSyncState(std::string_view word);

}  // namespace exporter
