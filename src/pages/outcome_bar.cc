#include "pages/outcome_bar.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <optional>

#include "pages/page_state.h"

namespace exporter {
namespace {

constexpr std::size_t kStep = 3;     // Pixels from one outcome to the next.
constexpr std::size_t kHeight = 18;  // Pixels; so does the style sheet say.

struct Extent {
  std::size_t top;
  std::size_t height;
};

Extent ExtentOf(PageState state) {
  switch (state) {
    case PageState::kUnanswered:
      return {.top = 0, .height = kHeight / 2};
    case PageState::kFailed:
    case PageState::kUnknown:
      return {.top = 0, .height = kHeight};
    case PageState::kRunning:
    case PageState::kStarting:
    case PageState::kQueuing:
      return {.top = 8, .height = kHeight - 8};
    case PageState::kNotExist:
    case PageState::kUnasked:
      return {.top = kHeight - 2, .height = 2};
    case PageState::kCompleted:
      break;
  }
  return {.top = kHeight - 5, .height = 5};
}

PageState StateAt(const OutcomeTrail& trail, std::size_t i) {
  const std::optional<SyncState> outcome = trail.At(i);
  return outcome ? ToPageState(*outcome) : PageState::kUnanswered;
}

void AppendPath(std::string& html, const OutcomeTrail& trail,
                PageState wanted) {
  const auto [top, height] = ExtentOf(wanted);
  const std::size_t free = OutcomeTrail::kMost - trail.Size();
  html += "<path class=";
  html += ToClass(wanted);
  html += " d=\"";
  for (std::size_t i = 0; i < trail.Size();) {
    const std::size_t begin = i;
    while (i < trail.Size() && StateAt(trail, i) == wanted) ++i;
    if (i == begin) {
      ++i;
      continue;
    }
    std::array<char, 128> rectangle{};
    const std::size_t width = (i - begin) * kStep;
    std::snprintf(rectangle.data(), rectangle.size(), "M%zu %zuh%zuv%zuh-%zuz",
                  (free + begin) * kStep, top, width, height, width);
    html += rectangle.data();
  }
  html += "\"/>";
}

}  // namespace

void AppendOutcomeBar(std::string& html, const OutcomeTrail& trail) {
  std::array<std::size_t, kAllPageStates.size()> counts{};
  for (std::size_t i = 0; i < trail.Size(); ++i) {
    ++counts.at(static_cast<std::size_t>(StateAt(trail, i)));
  }
  if (trail.Size() == 0) {
    html += "<td>";
    return;
  }

  html += "<td title=\"";
  std::string_view separator = "";
  for (const PageState state : kAllPageStates) {
    const std::size_t count = counts.at(static_cast<std::size_t>(state));
    if (count == 0) continue;
    html += separator;
    html += std::to_string(count);
    html += ' ';
    html += ToText(state);
    separator = ", ";
  }
  html += "\"><svg>";
  for (const PageState state : kAllPageStates) {
    if (counts.at(static_cast<std::size_t>(state)) > 0) {
      AppendPath(html, trail, state);
    }
  }
  html += "</svg>";
}

}  // namespace exporter
