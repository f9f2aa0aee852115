// How the cloud misbehaves, for whom, by rules that can change at any time.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "reply.h"

namespace simulator {

struct Fault {
  enum class Kind {
    kNone,
    kManner,     // The answer, sent in `manner`.
    kSlow,       // The answer, `delay` later.
    kFiller,     // An answer of `size` bytes.
    kMalformed,  // 200, no JSON
    kHtml,       // 200, a page
    kGzipBomb,   // 64 MiB of JSON in 64 kB
    kBadUtf8,
    kDeep,                // 10,000 levels of nesting
    kRedirect,            // 302 to /simulator/trap of this server
    kStatus,              // An error `status` with its usual body.
    kThrottledByMessage,  // 429 that says its limit in the message alone.
    kThrottledByDate,     // 429 with the date form of Retry-After.
    kUnpublished,         // 404 APIG.0101
    kFlaky,               // 500 for the first `size` requests, then the answer.
  };
  Kind kind = Kind::kNone;
  Manner manner = Manner::kWhole;
  std::chrono::milliseconds delay{0};  // kStatus 429: Retry-After, if not 0.
  std::uint64_t size = 0;
  int status = 0;
};

// What --help says about the names and their parameters.
extern const char kFaultHelp[];

// The fault that `text` names, e.g. "hang", "slow:2s", "429:2", "huge:100M".
// Errors: kConfig, for another text.
exporter::Result<Fault> ParseFault(std::string_view text);

// Turns `reply`, which holds the right answer, into what `fault` makes of it.
// `nth` counts the target's requests from 1; `host` is the request's.
void Disturb(const Fault& fault, std::uint64_t nth, std::string_view host,
             Reply& reply);

// Which targets have which fault. The last rule that matches wins.
// Not safe for concurrent use.
class FaultRules {
 public:
  // `match` is a pattern with '*' and '?' on the dataset's id or on
  // "project/id", "every:N" for each dataset whose place in its program's
  // order is a multiple of N, or "operation:token" (list, metadata, pod) for
  // other requests. Takes the place of an earlier rule for the same `match`.
  // Errors: kConfig, when either is wrong.
  exporter::Result<bool> Set(std::string_view match, std::string_view fault);

  // Set for a rule like "ds-00003=hang".
  exporter::Result<bool> Set(std::string_view rule);

  [[nodiscard]] Fault ForDataset(std::string_view project, std::string_view id,
                                 std::uint64_t ordinal) const;
  [[nodiscard]] Fault ForOperation(std::string_view operation) const;

  // Differs after every change: keep what ForDataset said until then.
  [[nodiscard]] std::uint64_t Version() const { return version_; }

 private:
  struct Rule {
    std::string match;
    std::uint64_t every = 0;  // 0: a pattern
    Fault fault;
  };
  std::vector<Rule> rules_;
  std::uint64_t version_ = 1;
};

// Whether `text` is what `pattern` describes; '*' is any text, '?' any byte.
bool MatchesGlob(std::string_view pattern, std::string_view text);

}  // namespace simulator
