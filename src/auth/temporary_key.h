#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/credentials.h"
#include "auth/lease.h"
#include "auth/signer.h"

namespace exporter {

struct TemporaryKey {
  SigningKey key;
  std::optional<WallTime> end;  // None: the service does not say.
};

// What a service that hands out temporary keys calls their parts.
struct TemporaryKeyNames {
  const char* object;
  const char* id;
  const char* secret;
  const char* security_token;
  const char* end;
};

// The key in the JSON `body`, e.g. {"credential": {"access": "...", ...}}.
// Errors: kMalformed, naming the member at fault, if one is missing, is no
//         text, or cannot be sent in a header. The end alone may be missing or
//         unreadable. Also if the end is past: such a key is refused anyway,
//         as is every signature of a machine whose clock is that wrong.
Result<TemporaryKey> DecodeTemporaryKey(std::string_view body,
                                        const TemporaryKeyNames& names,
                                        WallTime now);

// A temporary key in use: signs with the last one that was handed out, and
// knows when the next one is due. What the classes that get such keys have in
// common; the functions are those of Credentials and of Lease.
//
// Not safe for concurrent use.
class HeldKey {
 public:
  // `what` opens the message when there is none: "no key of ...".
  HeldKey(std::string what, std::chrono::milliseconds renew_ahead);

  [[nodiscard]] Credentials::Readiness State(WallTime now) const;
  Result<HttpRequest> Prove(HttpRequest request, WallTime now) const;
  void Refused(const HttpRequest& request);
  [[nodiscard]] std::uint64_t Generation() const { return generation_; }
  [[nodiscard]] std::optional<WallTime> Expiry() const { return lease_.End(); }

  [[nodiscard]] bool IsWanted(WallTime now) const {
    return lease_.IsWanted(now);
  }
  void Begin() { lease_.Begin(); }
  // What is wrong with `key`, if anything is.
  std::optional<Error> Finish(Result<TemporaryKey> key, WallTime now);

 private:
  std::string what_;
  Lease lease_;
  SigningKey key_;
  std::uint64_t generation_ = 0;
};

}  // namespace exporter
