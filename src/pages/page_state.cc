#include "pages/page_state.h"

#include <stdexcept>

namespace exporter {

PageState ToPageState(SyncState state) {
  switch (state) {
    case SyncState::kQueuing:
      return PageState::kQueuing;
    case SyncState::kStarting:
      return PageState::kStarting;
    case SyncState::kRunning:
      return PageState::kRunning;
    case SyncState::kCompleted:
      return PageState::kCompleted;
    case SyncState::kFailed:
      return PageState::kFailed;
    case SyncState::kNotExist:
      return PageState::kNotExist;
    case SyncState::kUnknown:
      return PageState::kUnknown;
  }
  throw std::logic_error("SyncState out of range");
}

PageState ToPageState(const Overview::Row& row) {
  if (row.reading.failure) return PageState::kUnanswered;
  if (!row.reading.status) return PageState::kUnasked;
  return ToPageState(row.reading.status->state);
}

std::string_view ToClass(PageState state) {
  switch (state) {
    case PageState::kUnanswered:
      return "unanswered";
    case PageState::kFailed:
      return "failed";
    case PageState::kUnknown:
      return "unknown";
    case PageState::kRunning:
      return "running";
    case PageState::kStarting:
      return "starting";
    case PageState::kQueuing:
      return "queuing";
    case PageState::kCompleted:
      return "completed";
    case PageState::kNotExist:
      return "absent";
    case PageState::kUnasked:
      return "unasked";
  }
  throw std::logic_error("PageState out of range");
}

std::string_view ToText(PageState state) {
  switch (state) {
    case PageState::kUnanswered:
      return "query failed";
    case PageState::kFailed:
      return "FAILED";
    case PageState::kUnknown:
      return "UNKNOWN";
    case PageState::kRunning:
      return "RUNNING";
    case PageState::kStarting:
      return "STARTING";
    case PageState::kQueuing:
      return "QUEUING";
    case PageState::kCompleted:
      return "COMPLETED";
    case PageState::kNotExist:
      return "NOT_EXIST";
    case PageState::kUnasked:
      return "not asked yet";
  }
  throw std::logic_error("PageState out of range");
}

}  // namespace exporter
