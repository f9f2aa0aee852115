// Speaks of tokens with IAM, which is OpenStack's Keystone or speaks its API:
// how one is asked for with a password, and what the answers mean. Pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "net/fetcher.h"

namespace exporter {

struct IamToken {
  Secret text;
  std::optional<WallTime> end;  // None: not said, or past by our clock.
};

// The request for a token of the project `project_id` for the user `name` of
// `domain`. Without deadline and transport. `nocatalog` spares us the list of
// services.
// REQUIRES: `endpoint` is a URL without query and without slash at its end.
// Source: IAM API reference, KeystoneCreateUserTokenByPassword; OpenStack
// Identity API v3, "Password authentication with scoped authorization".
HttpRequest AskForIamToken(std::string_view endpoint, const std::string& domain,
                           const std::string& name, const Secret& password,
                           const std::string& project_id);

// What IAM answers to it. An end that lies in the past says that our clock is
// wrong, not that the token is: it is left out.
// Errors: as DecodeError, for any status but 200 and 201, with more words where
//         the user needs more than a password; kMalformed if the token is
//         missing or cannot be sent on.
Result<IamToken> DecodeIamToken(const HttpReply& reply, const Secret& password,
                                WallTime now);

// `error` of such a request, with what was asked in front of its message, and
// with a cause that concerns IAM.
Error OfIam(std::string_view endpoint, Error error);

}  // namespace exporter
