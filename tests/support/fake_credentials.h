#pragma once

#include <string>
#include <utility>

#include "auth/credentials.h"

namespace exporter {

// Credentials that do as the test says. Proves a request with its generation.
class FakeCredentials final : public Credentials {
 public:
  Readiness state = Readiness::kReady;
  std::uint64_t generation = 1;
  Lockable lockable = Lockable::kNothing;
  std::uint64_t secret_version = 1;
  bool renewal_due = false;
  bool has_next_step = false;
  bool is_given_up_when_refused = false;
  RenewalKind kind = RenewalKind::kToken;
  std::optional<std::uint64_t> generation_after_renewal = {};
  std::optional<Error> useless = {};  // What is wrong with every reply.

  [[nodiscard]] Readiness State(WallTime) const override { return state; }

  Result<HttpRequest> Prove(HttpRequest request, WallTime) override {
    if (state != Readiness::kReady) {
      return Fail(ErrorKind::kCredentials, "none to be had");
    }
    request.headers.emplace_back("X-Auth-Token", std::to_string(generation));
    return request;
  }

  std::optional<RenewalRequest> Renewal(WallTime) override {
    if (!std::exchange(renewal_due, false)) return std::nullopt;
    return RenewalRequest{
        .request = {}, .kind = kind, .timeout = std::chrono::seconds(5)};
  }

  std::optional<Error> Renewed(const Result<HttpReply>& reply,
                               WallTime) override {
    if (!reply) return reply.error();
    if (useless) return useless;
    if (reply->status < 300) {
      generation = generation_after_renewal.value_or(generation);
      return std::nullopt;
    }
    return Error{.kind = reply->status == 401 ? ErrorKind::kUnauthorized
                                              : ErrorKind::kServerError,
                 .message = "scripted"};
  }
  [[nodiscard]] bool HasNextStep(WallTime) const override {
    return has_next_step;
  }
  void Refused(const HttpRequest&) override {
    if (is_given_up_when_refused) state = Readiness::kPending;
  }
  void Refresh(WallTime) override {}
  [[nodiscard]] std::uint64_t Generation() const override { return generation; }
  [[nodiscard]] std::optional<WallTime> Expiry() const override { return {}; }
  [[nodiscard]] Lockable MayBeLocked() const override { return lockable; }
  [[nodiscard]] std::uint64_t SecretVersion() const override {
    return secret_version;
  }
};

}  // namespace exporter
