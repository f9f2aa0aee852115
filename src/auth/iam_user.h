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
// IAM locks a user after a few wrong passwords, so the verdict on the password
// is shared: the first request goes alone, later ones three at a time, and
// after a 401 or 403 none goes for a minute, whichever project was to ask.
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

  // Reads the password again, at most once a second. A new one is tried at
  // once, whatever became of the old one.
  void Refresh(WallTime now);
  [[nodiscard]] std::uint64_t PasswordVersion() const;

  // Why nobody may ask now, if so: there is no password, or it was refused.
  [[nodiscard]] std::optional<Error> Obstacle(WallTime now) const;

  // The request for a token of the project, or none if it is not its turn.
  // Each request is followed by one Answered or Forgotten.
  std::optional<HttpRequest> Ask(const std::string& project_id, WallTime now);
  // `password_version` is that of the moment of asking: the refusal of an old
  // password says nothing about the present one.
  Result<IamToken> Answered(const std::string& project_id,
                            std::uint64_t password_version,
                            const Result<HttpReply>& reply, WallTime now);
  void Forgotten();

  [[nodiscard]] std::chrono::milliseconds Timeout() const {
    return settings_.timeout;
  }

 private:
  [[nodiscard]] bool IsHeldBack(WallTime now) const;

  Settings settings_;
  Watched<Secret> password_;
  bool proven_ = false;
  int on_their_way_ = 0;

  struct Refusal {
    Error why;
    WallTime when;
    std::string project_id;
  };
  std::optional<Refusal> refusal_;  // None since the last success.
  // Another project than the refused one wants to ask as well. It goes first
  // then: the refusal may be about the project, not about the password.
  bool others_wait_ = false;
};

}  // namespace exporter
