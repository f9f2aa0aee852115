#include "model/sync_status.h"

#include <stdexcept>

namespace exporter {

bool IsActive(SyncState state) {
  switch (state) {
    case SyncState::kQueuing:
    case SyncState::kStarting:
    case SyncState::kRunning:
    case SyncState::kUnknown:
      return true;
    case SyncState::kCompleted:
    case SyncState::kFailed:
    case SyncState::kNotExist:
      return false;
  }
  throw std::logic_error("SyncState out of range");
}

std::string_view ToLabel(SyncState state) {
  switch (state) {
    case SyncState::kQueuing:
      return "QUEUING";
    case SyncState::kStarting:
      return "STARTING";
    case SyncState::kRunning:
      return "RUNNING";
    case SyncState::kCompleted:
      return "COMPLETED";
    case SyncState::kFailed:
      return "FAILED";
    case SyncState::kNotExist:
      return "NOT_EXIST";
    case SyncState::kUnknown:
      return "UNKNOWN";
  }
  throw std::logic_error("SyncState out of range");
}

SyncState ParseSyncState(std::string_view word) {
  for (const SyncState state : kAllSyncStates) {
    if (word == ToLabel(state)) return state;
  }
  return SyncState::kUnknown;
}

}  // namespace exporter
