#include "auth/token.h"

#include <algorithm>
#include <utility>

#include "base/header_text.h"

namespace exporter {
namespace {

constexpr char kHeader[] = "X-Auth-Token";

}  // namespace

HttpRequest WithToken(HttpRequest request, const Secret& text) {
  std::erase_if(request.headers, [](const auto& header) {
    return EqualsIgnoringCase(header.first, "X-Project-Id");
  });
  request.headers.emplace_back(kHeader, text.Reveal());
  return request;
}

bool IsProvedBy(const HttpRequest& request, const Secret& text) {
  return std::any_of(
      request.headers.begin(), request.headers.end(), [&](const auto& header) {
        return header.first == kHeader && header.second == text.Reveal();
      });
}

Token::Token(SecretReader token) : token_(std::move(token)) {}

Credentials::Readiness Token::State(WallTime /*now*/) const {
  return token_.Get() ? Readiness::kReady : Readiness::kNone;
}

Result<HttpRequest> Token::Prove(HttpRequest request, WallTime /*now*/) {
  if (!token_.Get()) return Fail(token_.Get().error());
  return WithToken(std::move(request), *token_.Get());
}

std::optional<Credentials::RenewalRequest> Token::Renewal(WallTime /*now*/) {
  return std::nullopt;
}

std::optional<Error> Token::Renewed(const Result<HttpReply>& /*reply*/,
                                    WallTime /*now*/) {
  return std::nullopt;
}

void Token::Refused(const HttpRequest& /*request*/) {}

void Token::Refresh(WallTime now) { token_.Refresh(now); }

std::uint64_t Token::Generation() const { return token_.Version(); }

std::optional<WallTime> Token::Expiry() const { return std::nullopt; }

Credentials::Lockable Token::MayBeLocked() const { return Lockable::kNothing; }

}  // namespace exporter
