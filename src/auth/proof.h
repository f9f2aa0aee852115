#pragma once

#include <vector>

#include "base/secret.h"
#include "net/fetcher.h"

namespace exporter {

// What proves in `request` who asks, as Token and Sign put it there: the token,
// the signature, the id of the access key and its security token. For hiding
// it where a reply quotes it.
std::vector<Secret> SecretsOf(const HttpRequest& request);

}  // namespace exporter
