#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace exporter {

// Whether `hash` is a bcrypt hash of the kinds $2a$, $2b$ and $2y$.
bool IsBcryptHash(std::string_view hash);

// What an Authorization header says, if it is one of the Basic scheme.
struct BasicCredentials {
  std::string user;
  Secret password;
};
std::optional<BasicCredentials> ParseBasicCredentials(std::string_view header);

// Names and passwords of those who may ask. Safe for concurrent use.
class BasicAuth {
 public:
  // Stands for credentials, and is no help in guessing them: the key is random.
  using Digest = std::array<unsigned char, 32>;

  // bcrypt hashes by user; each is an IsBcryptHash. At least one.
  explicit BasicAuth(std::map<std::string, Secret> hashes);

  [[nodiscard]] Digest DigestOf(const BasicCredentials& credentials) const;

  // Whether Verify said yes to these before. Takes microseconds; may forget.
  [[nodiscard]] bool Remembers(const Digest& credentials) const;

  // Whether the password is the user's. Takes as long as bcrypt wants, also for
  // a user that there is not: the time tells nothing.
  [[nodiscard]] bool Verify(const BasicCredentials& credentials);

 private:
  [[nodiscard]] const std::string& SomeHash(const std::string& stranger) const;

  const std::map<std::string, Secret> hashes_;
  std::array<unsigned char, 32> digest_key_{};  // Random.

  mutable std::mutex mutex_;  // Guards what follows.
  std::set<Digest> verified_;
};

}  // namespace exporter
