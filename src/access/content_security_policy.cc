#include "access/content_security_policy.h"

#include "base/header_text.h"

namespace exporter {
namespace {

constexpr std::string_view kFrameAncestors = "frame-ancestors";

// The first directive of that name in `policy`; later ones count for nothing.
// Empty: none.
std::string_view FindFrameAncestors(std::string_view policy) {
  while (!policy.empty()) {
    const std::string_view directive = TakeUntil(policy, ';');
    if (EqualsIgnoringCase(directive.substr(0, directive.find_first_of(" \t")),
                           kFrameAncestors)) {
      return directive;
    }
  }
  return "";
}

}  // namespace

std::string MergePolicies(std::string_view own, std::string_view configured) {
  // A policy each, as they came: what all of them allow is allowed.
  std::string ancestors;
  while (!configured.empty()) {
    const std::string_view found =
        FindFrameAncestors(TakeUntil(configured, ','));
    if (!found.empty()) ancestors.append(", ").append(found);
  }
  if (ancestors.empty()) return std::string(own);
  std::string merged;
  while (!own.empty()) {
    const std::string_view directive = TakeUntil(own, ';');
    if (directive.starts_with(kFrameAncestors)) continue;
    if (!merged.empty()) merged += "; ";
    merged += directive;
  }
  return merged + ancestors;
}

}  // namespace exporter
