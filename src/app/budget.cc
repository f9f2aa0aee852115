#include "app/budget.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace exporter {
namespace {

constexpr std::chrono::minutes kLongestBudget{10};

}  // namespace

std::chrono::steady_clock::duration ScrapeBudget(std::string_view header,
                                                 const ScrapeConfig& config) {
  double seconds = 0;
  const char* end = header.data() + header.size();
  const auto [rest, error] = std::from_chars(header.data(), end, seconds);
  if (error != std::errc() || rest != end || !std::isfinite(seconds) ||
      seconds <= 0) {
    return std::min<std::chrono::steady_clock::duration>(config.timeout,
                                                         kLongestBudget);
  }
  const double offset =
      std::chrono::duration<double>(config.timeout_offset).count();
  const double longest = std::chrono::duration<double>(kLongestBudget).count();
  const double budget =
      std::min(std::max(seconds - offset, seconds / 2), longest);
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(budget));
}

}  // namespace exporter
