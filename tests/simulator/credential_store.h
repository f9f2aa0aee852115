// The access keys and tokens that the cloud accepts.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "inventory.h"
#include "options.h"
#include "server_clock.h"

namespace simulator {

// Not safe for concurrent use.
class AccessKeys {
 public:
  struct Entry {
    std::string secret;
    std::string security_token;   // Empty for a permanent key.
    std::optional<Time> expires;  // None for a permanent key.
  };

  void Add(const AccessKey& key, std::optional<Time> expires);
  void Remove(std::string_view id);
  void RemoveTemporary();

  // Null if there is none.
  [[nodiscard]] const Entry* Find(std::string_view id) const;

 private:
  ByText<Entry> entries_;
};

// Keys of a workload, as the metadata service hands them out: the same one for
// the first half of its life, or until it is removed, then a new one; the old
// one stays good to its end. Not safe for concurrent use.
class TemporaryKey {
 public:
  // `keys` must outlive this.
  TemporaryKey(AccessKeys& keys, std::chrono::milliseconds lifetime)
      : keys_(keys), lifetime_(lifetime) {}

  struct Lease {
    AccessKey key;
    Time expires;
  };
  const Lease& Current(Time now);

 private:
  AccessKeys& keys_;
  std::chrono::milliseconds lifetime_;
  std::optional<Lease> lease_;
};

// Not safe for concurrent use.
class Tokens {
 public:
  enum class State { kUnknown, kValid, kExpired, kRevoked };
  struct Verdict {
    State state;
    std::string_view project;  // Empty: good for every one.
  };

  // A new token of `bytes` bytes for `project`.
  std::string Issue(std::string_view project, std::size_t bytes, Time now,
                    std::chrono::milliseconds lifetime);

  // Makes `token` good for every project, for ever.
  void Accept(std::string_view token);

  void RevokeAll();

  [[nodiscard]] Verdict Check(std::string_view token, Time now) const;

 private:
  struct Entry {
    std::string project;
    std::optional<Time> expires;
    bool revoked = false;
  };
  ByText<Entry> entries_;
};

// `count` random letters and digits.
std::string RandomText(std::size_t count);

}  // namespace simulator
