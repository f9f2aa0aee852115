#pragma once

#include <memory>
#include <string>

#include "auth/credentials.h"
#include "auth/temporary_key.h"

namespace exporter {

// Holds a temporary key of the agency that is bound to the server (ECS) we run
// on, from its metadata service. Each renewal is two requests: one for a token
// of the service, which servers in hardened mode insist on and older ones do
// not know, one for the key. Never through a proxy: the address means this
// server only from this server. Renewed 40 minutes before its end, as the SDKs
// do. Source: ECS user guide, "Obtaining metadata".
class InstanceMetadata final : public Credentials {
 public:
  explicit InstanceMetadata(std::string endpoint = "http://169.254.169.254");

  [[nodiscard]] Readiness State(WallTime now) const override;
  Result<HttpRequest> Prove(HttpRequest request, WallTime now) override;
  std::optional<RenewalRequest> Renewal(WallTime now) override;
  std::optional<Error> Renewed(const Result<HttpReply>& reply,
                               WallTime now) override;
  [[nodiscard]] bool HasNextStep(WallTime now) const override;
  void Refused(const HttpRequest& request) override;
  void Refresh(WallTime now) override;
  [[nodiscard]] std::uint64_t Generation() const override;
  [[nodiscard]] std::optional<WallTime> Expiry() const override;
  [[nodiscard]] Lockable MayBeLocked() const override;

 private:
  // What the last request was for, and what the next one is.
  enum class Step { kIdle, kTokenAsked, kKeyIsNext, kKeyAsked };

  [[nodiscard]] RenewalRequest Ask(
      std::string method, std::string_view path,
      std::pair<std::string, std::string> header) const;
  // The token that `reply` gives; empty if the service knows none.
  static Result<Secret> DecodeToken(const HttpReply& reply);
  [[nodiscard]] Result<TemporaryKey> DecodeKey(const HttpReply& reply,
                                               WallTime now) const;

  std::string endpoint_;
  std::shared_ptr<const Transport> direct_;
  Step step_ = Step::kIdle;
  Secret token_;  // Of the service. Empty: ask without.
  HeldKey key_;
};

}  // namespace exporter
