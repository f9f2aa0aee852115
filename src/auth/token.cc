#include "auth/token.h"

#include <utility>

namespace exporter {

Token::Token(SecretReader token) : token_(std::move(token)) {}

Credentials::Readiness Token::State(WallTime /*now*/) const {
  return token_.Get() ? Readiness::kReady : Readiness::kNone;
}

Result<HttpRequest> Token::Prove(HttpRequest request, WallTime /*now*/) {
  if (!token_.Get()) return Fail(token_.Get().error());
  request.headers.emplace_back("X-Auth-Token", token_.Get()->Reveal());
  return request;
}

std::optional<Credentials::RenewalRequest> Token::Renewal(WallTime /*now*/) {
  return std::nullopt;
}

std::optional<Error> Token::Renewed(const Result<HttpReply>& /*reply*/,
                                    WallTime /*now*/) {
  return std::nullopt;
}

void Token::Refused(const HttpRequest& /*request*/, WallTime /*now*/) {}

void Token::Refresh(WallTime now) { token_.Refresh(now); }

std::uint64_t Token::Generation() const { return token_.Version(); }

std::optional<WallTime> Token::Expiry() const { return std::nullopt; }

bool Token::MayLock() const { return false; }

}  // namespace exporter
