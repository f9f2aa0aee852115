#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "net/resolver.h"

namespace exporter {

// Remembers the addresses of names, and decides when a name is looked up: by
// one lookup at a time, however many need it, and to its end, however many have
// given up waiting. Where a lookup fails or hangs, the last good addresses
// serve on (RFC 8767), so that a name server that is away takes down nothing
// that runs. They do so as well where it denies the name: one that has just
// been started, or lost its zone, says the same.
//
// Only decides; to ask a Resolver is the caller's. Not safe for concurrent use.
class NameCache {
 public:
  // As Resolver::Answer has them. Those that are another object are other ones.
  using Addresses = std::shared_ptr<const std::string>;

  // Addresses are looked up again after this time, as libcurl does,
  static constexpr std::chrono::seconds kLifetime{60};
  // but serve so long where no lookup gives others.
  static constexpr std::chrono::seconds kLongestLife{3600};
  // Who has old addresses waits so long for new ones; then IPv4 is asked for
  // alone too, since some name servers never answer the question for IPv6.
  static constexpr std::chrono::milliseconds kPatience{500};
  // A lookup that takes longer is told like one that failed.
  static constexpr std::chrono::seconds kHanging{30};
  // Between a lookup that failed and the next, while old addresses serve.
  static constexpr std::chrono::seconds kPause{10};

  struct Finding {
    Addresses addresses;  // Null: wait for what Take and Overdue say.
    bool asks;            // Ask for addresses of any kind now.
  };
  Finding Find(const std::string& name, Deadline now);

  // What an operator should know of, once.
  enum class News { kNone, kOldServe, kWell };
  struct Change {
    std::string name;
    bool asks_ipv4 = false;   // Ask for those alone now.
    bool has_failed = false;  // Nothing is to be waited for, nothing serves.
    News news = News::kNone;
    std::chrono::seconds age{0};  // Of the addresses, with kOldServe.
    std::string why;              // As in Resolver::Answer.
  };

  // What follows from an answer. Else, Find may give something now.
  Change Take(const Resolver::Answer& answer, Deadline now);

  // What follows from lookups that take too long, at NextOverdue at the
  // soonest: the end of time if there are none.
  std::vector<Change> Overdue(Deadline now);
  [[nodiscard]] Deadline NextOverdue() const;

 private:
  struct Name {
    Addresses addresses;  // The last good ones; null: there never were any.
    Deadline found_at{};
    Deadline look_at{};        // While these serve, no lookup is before this.
    bool is_doubtful = false;  // The last lookup failed or took too long.
    bool is_told = false;      // That old addresses serve.

    // Of the last lookup.
    int questions = 0;  // Those without an answer; 0: it has ended.
    Deadline asked_at{};
    Deadline overdue_at{};

    [[nodiscard]] bool Serves(Deadline now) const {
      return addresses && now < found_at + kLongestLife;
    }
    [[nodiscard]] bool IsFound() const { return found_at >= asked_at; }
  };

  static void TellOnce(Name& about, Deadline now, Change& change);
  void Forget(Deadline now);

  std::unordered_map<std::string, Name> names_;
  std::vector<std::string> asked_;  // The names with questions.
};

}  // namespace exporter
