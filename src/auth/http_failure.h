#pragma once

#include "base/error.h"
#include "base/secret.h"
#include "net/fetcher.h"

namespace exporter {

// What a reply of IAM or of a metadata service that is no success means. The
// message is "HTTP 401", with the service's own words behind it where it has
// some: shortened, on one line, and with `hide` blotted out should it be quoted
// in them.
Error HttpFailure(const HttpReply& reply, const Secret& hide);

}  // namespace exporter
