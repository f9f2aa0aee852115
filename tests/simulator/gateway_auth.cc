#include "gateway_auth.h"

#include <algorithm>
#include <ctime>

namespace simulator {
namespace {

constexpr std::chrono::minutes kAllowedSkew(15);

Refusal Incorrect(const std::string& why) {
  return {401, "APIG.0301", "Incorrect IAM authentication information: " + why};
}

std::optional<Time> ParseSdkDate(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return Time(std::chrono::seconds(timegm(&parts)));
}

bool IsSigned(const Authorization& authorization, std::string_view name) {
  const auto& names = authorization.signed_headers;
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

GatewayAuth::GatewayAuth(const Options& options, AccessKeys& keys,
                         Tokens& tokens, Counters& counters)
    : options_(options),
      keys_(keys),
      tokens_(tokens),
      counters_(counters),
      locks_(options.lock_after, options.lock_time) {}

std::optional<Refusal> GatewayAuth::Check(const Request& request,
                                          std::string_view project, Time now) {
  if (options_.auth == AuthMode::kNone) return std::nullopt;
  const bool by_signature = options_.auth == AuthMode::kSignature ||
                            (options_.auth == AuthMode::kAny &&
                             !request.Find("authorization").empty());
  std::optional<Refusal> refusal = by_signature
                                       ? CheckSignature(request, now)
                                       : CheckToken(request, project, now);
  if (refusal) ++counters_.auth_failures;
  return refusal;
}

std::optional<Refusal> GatewayAuth::CheckToken(const Request& request,
                                               std::string_view project,
                                               Time now) const {
  const std::string_view token = request.Find("x-auth-token");
  if (token.empty()) return Incorrect("x-auth-token not found");
  const Tokens::Verdict verdict = tokens_.Check(token, now);
  switch (verdict.state) {
    case Tokens::State::kUnknown:
      return Incorrect("decrypt token fail");
    case Tokens::State::kExpired:
      return Refusal{401, "APIG.0307", "The token must be updated."};
    case Tokens::State::kRevoked:
      return Refusal{401, "ModelArts.0202", "Invalid token."};
    case Tokens::State::kValid:
      break;
  }
  if (!verdict.project.empty() && verdict.project != project) {
    return Refusal{403, "ModelArts.4310",
                   "The token is of another project than the request."};
  }
  return std::nullopt;
}

std::optional<Refusal> GatewayAuth::CheckSignature(const Request& request,
                                                   Time now) {
  const auto authorization = ParseAuthorization(request.Find("authorization"));
  if (!authorization) return Incorrect("authorization header is incorrect");
  const std::string_view id = authorization->access_key;
  if (locks_.Locked(id, now)) {
    ++counters_.locked_refusals;
    return Incorrect("AK access failed to reach the limit,forbidden: " +
                     std::string(id));
  }
  std::optional<Refusal> refusal = Verify(request, now, *authorization);
  if (!refusal) {
    locks_.Succeeded(id);
  } else if (locks_.Failed(id, now)) {
    ++counters_.locks;
  }
  return refusal;
}

std::optional<Refusal> GatewayAuth::Verify(
    const Request& request, Time now,
    const Authorization& authorization) const {
  const AccessKeys::Entry* key = keys_.Find(authorization.access_key);
  if (key == nullptr) {
    return Incorrect("verify aksk signature fail, access key not found");
  }
  const auto& names = authorization.signed_headers;
  if (!std::is_sorted(names.begin(), names.end())) {
    return Incorrect("signed headers are not sorted");
  }
  for (const std::string_view name : {"host", "x-sdk-date"}) {
    if (!IsSigned(authorization, name)) {
      return Incorrect(std::string(name) + " is not signed");
    }
  }
  for (const std::string_view name : {"x-project-id", "x-security-token"}) {
    if (!request.Find(name).empty() && !IsSigned(authorization, name)) {
      return Incorrect(std::string(name) + " is not signed");
    }
  }
  const std::string date(request.Find("x-sdk-date"));
  const std::optional<Time> signed_at = ParseSdkDate(date);
  if (!signed_at) return Incorrect("x-sdk-date is no date");
  if (*signed_at < now - kAllowedSkew || *signed_at > now + kAllowedSkew) {
    return Incorrect(
        "verify aksk signature fail, signature expired, signature time:" +
        date + ", server time:" + FormatSdkDate(now));
  }
  if (request.Find("x-security-token") != key->security_token ||
      (key->expires && now >= *key->expires)) {
    return Incorrect("security token is invalid or has expired");
  }
  if (Signature(key->secret, date, CanonicalRequest(request, names)) !=
      authorization.signature) {
    return Incorrect("verify aksk signature fail");
  }
  return std::nullopt;
}

}  // namespace simulator
