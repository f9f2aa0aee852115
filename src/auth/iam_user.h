#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "auth/iam_token.h"
#include "auth/secret_file.h"
#include "auth/watched.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/fetcher.h"

namespace exporter {

// A user of IAM with a password, who asks for the tokens of several projects.
// Says how to ask, not when: collect/login_gate.h keeps IAM from locking him.
//
// Not safe for concurrent use.
class IamUser {
 public:
  struct Settings {
    std::string endpoint;  // e.g. "https://iam.cn-north-4.myhuaweicloud.com"
    std::string domain;
    std::string name;
    SecretReader password;
    std::shared_ptr<const Transport> transport;
    std::chrono::milliseconds timeout{5000};
  };

  explicit IamUser(Settings settings);

  // Reads the password again, at most once a second.
  void Refresh(WallTime now);
  [[nodiscard]] std::uint64_t PasswordVersion() const;

  // Why there is no password to ask with, if so.
  [[nodiscard]] std::optional<Error> Obstacle() const;

  // The request for a token of the project; none if there is an Obstacle.
  [[nodiscard]] std::optional<HttpRequest> Ask(
      const std::string& project_id) const;
  // What came of it. Errors: as DecodeIamToken; with the user's name where IAM
  // refused it.
  [[nodiscard]] Result<IamToken> Decode(const Result<HttpReply>& reply,
                                        WallTime now) const;

  [[nodiscard]] std::chrono::milliseconds Timeout() const {
    return settings_.timeout;
  }

 private:
  Settings settings_;
  Watched<Secret> password_;
};

}  // namespace exporter
