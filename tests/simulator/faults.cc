#include "faults.h"

#include <charconv>

#include "base/duration.h"

namespace simulator {
namespace {

using exporter::ErrorKind;
using exporter::Fail;

struct Named {
  std::string_view name;
  Fault fault;
};

const std::vector<Named>& Names() {
  using Kind = Fault::Kind;
  static const std::vector<Named> names = {
      {"none", {}},
      {"hang", {.kind = Kind::kManner, .manner = Manner::kHang}},
      {"close", {.kind = Kind::kManner, .manner = Manner::kClose}},
      {"reset", {.kind = Kind::kManner, .manner = Manner::kReset}},
      {"cut", {.kind = Kind::kManner, .manner = Manner::kCut}},
      {"drip", {.kind = Kind::kManner, .manner = Manner::kDrip}},
      {"drip-headers", {.kind = Kind::kManner, .manner = Manner::kDripHeaders}},
      {"slow", {.kind = Kind::kSlow, .delay = std::chrono::seconds(2)}},
      {"huge", {.kind = Kind::kFiller, .size = 2'000'000}},
      {"endless", {.kind = Kind::kFiller, .size = Reply::kEndless}},
      {"malformed", {.kind = Kind::kMalformed}},
      {"html", {.kind = Kind::kHtml}},
      {"gzip-bomb", {.kind = Kind::kGzipBomb}},
      {"bad-utf8", {.kind = Kind::kBadUtf8}},
      {"deep", {.kind = Kind::kDeep}},
      {"redirect", {.kind = Kind::kRedirect}},
      {"429-message", {.kind = Kind::kThrottledByMessage}},
      {"429-date",
       {.kind = Kind::kThrottledByDate, .delay = std::chrono::seconds(1)}},
      {"unpublished", {.kind = Kind::kUnpublished}},
      {"flaky", {.kind = Kind::kFlaky, .size = 1}},
  };
  return names;
}

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

// "300", "64k", "100M"
std::optional<std::uint64_t> ParseSize(std::string_view text) {
  std::uint64_t unit = 1;
  if (text.ends_with('k')) unit = 1'000;
  if (text.ends_with('M')) unit = 1'000'000;
  if (unit != 1) text.remove_suffix(1);
  const std::optional<std::uint64_t> number = ParseNumber(text);
  return number ? std::optional(*number * unit) : std::nullopt;
}

// Puts the parameter of "name:parameter" in its place; false if it is none.
bool SetParameter(Fault& fault, std::string_view text) {
  switch (fault.kind) {
    case Fault::Kind::kSlow: {
      const auto delay = exporter::ParseDuration(text);
      if (delay) fault.delay = *delay;
      return delay.has_value();
    }
    case Fault::Kind::kStatus:
    case Fault::Kind::kThrottledByDate: {
      const std::optional<std::uint64_t> seconds = ParseNumber(text);
      if (seconds) fault.delay = std::chrono::seconds(*seconds);
      return seconds && (fault.status == 429 || fault.status == 0);
    }
    case Fault::Kind::kFiller:
    case Fault::Kind::kFlaky: {
      const std::optional<std::uint64_t> size = ParseSize(text);
      if (size) fault.size = *size;
      return size.has_value();
    }
    default:
      return false;
  }
}

}  // namespace

exporter::Result<Fault> ParseFault(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  std::optional<Fault> fault;
  for (const Named& known : Names()) {
    if (known.name == name) fault = known.fault;
  }
  const std::optional<std::uint64_t> status = ParseNumber(name);
  if (status && *status >= 300 && *status <= 599) {
    fault = Fault{.kind = Fault::Kind::kStatus,
                  .status = static_cast<int>(*status)};
  }
  if (fault && (colon == std::string_view::npos ||
                SetParameter(*fault, text.substr(colon + 1)))) {
    return *fault;
  }
  return Fail(ErrorKind::kConfig, "no fault: " + std::string(text));
}

exporter::Result<bool> FaultRules::Set(std::string_view match,
                                       std::string_view fault) {
  exporter::Result<Fault> parsed = ParseFault(fault);
  if (!parsed) return exporter::Fail(parsed.error());
  Rule rule{.match = std::string(match), .fault = *parsed};
  if (match.starts_with("every:")) {
    rule.every = ParseNumber(match.substr(6)).value_or(0);
    if (rule.every == 0) {
      return Fail(ErrorKind::kConfig, "no number: " + rule.match);
    }
  }
  std::erase_if(rules_, [&](const Rule& r) { return r.match == match; });
  rules_.push_back(std::move(rule));
  ++version_;
  return true;
}

exporter::Result<bool> FaultRules::Set(std::string_view rule) {
  const std::size_t equals = rule.rfind('=');
  if (equals == std::string_view::npos) {
    return Fail(ErrorKind::kConfig,
                "expected MATCH=FAULT: " + std::string(rule));
  }
  return Set(rule.substr(0, equals), rule.substr(equals + 1));
}

Fault FaultRules::ForDataset(std::string_view project, std::string_view id,
                             std::uint64_t ordinal) const {
  const std::string whole = std::string(project).append("/").append(id);
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    const bool matches = rule->every != 0 ? ordinal % rule->every == 0
                                          : MatchesGlob(rule->match, id) ||
                                                MatchesGlob(rule->match, whole);
    if (matches) return rule->fault;
  }
  return {};
}

Fault FaultRules::ForOperation(std::string_view operation) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    const std::string_view match = rule->match;
    if (match.starts_with("operation:") && match.substr(10) == operation) {
      return rule->fault;
    }
  }
  return {};
}

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // The last '*' in the pattern,
  std::size_t taken = 0;                      // and where its text ends.
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() &&
               (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace simulator
