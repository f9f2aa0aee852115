#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/reading.h"

namespace exporter {

// Says what a dataset is on our pages: the state of its task, or why there is
// none. In the order in which people should look at them.
enum class PageState : std::uint8_t {
  kUnanswered,  // The query failed.
  kFailed,
  kUnknown,
  kRunning,
  kStarting,
  kQueuing,
  kCompleted,
  kNotExist,
  kUnasked,  // No scrape came yet.
};

inline constexpr std::array kAllPageStates = {
    PageState::kUnanswered, PageState::kFailed,   PageState::kUnknown,
    PageState::kRunning,    PageState::kStarting, PageState::kQueuing,
    PageState::kCompleted,  PageState::kNotExist, PageState::kUnasked};

PageState ToPageState(SyncState state);
PageState ToPageState(const Overview::Row& row);

// The class of elements that show `state`: a word without quotes or blanks.
std::string_view ToClass(PageState state);

// What people read: the API's own words in capitals, ours in small letters.
std::string_view ToText(PageState state);

}  // namespace exporter
