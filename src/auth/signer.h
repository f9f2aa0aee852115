#pragma once

#include "base/clock.h"
#include "base/secret.h"
#include "net/fetcher.h"

namespace exporter {

// Signs requests with an access key. None of the parts holds a control
// character.
struct SigningKey {
  Secret id;      // "AK"; shown in the signature, yet no one's business.
  Secret secret;  // "SK"; never leaves the process.
  Secret security_token;  // Of temporary keys; empty for all others.

  bool operator==(const SigningKey&) const = default;
};

// `request` with the headers X-Sdk-Date, X-Security-Token (if `key` has one)
// and Authorization, which signs both, the method, the URL, the body, and the
// headers Content-Type and X-Project-Id where `request` has them. Other headers
// may be changed on the way, so they are not signed. The gateway takes it for
// 15 minutes around `now`.
// REQUIRES: SplitUrl takes the URL; `request` is not signed yet; `key` has an
// id and a secret.
// Source: API Gateway developer guide, request signing (SDK-HMAC-SHA256).
//
// Safe for concurrent use.
HttpRequest Sign(HttpRequest request, const SigningKey& key, WallTime now);

// Whether Sign made `request` with `key`.
bool IsSignedWith(const HttpRequest& request, const SigningKey& key);

}  // namespace exporter
