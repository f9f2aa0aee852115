// Reads credentials files as the cloud's SDKs and tools share them:
//
//   [basic]
//   ak = ...
//   sk = ...
//   security_token = ...

#pragma once

#include <string>
#include <string_view>

#include "auth/access_key.h"
#include "auth/environment.h"

namespace exporter {

// The key in `section` of an INI file: ak, sk and, unless empty or missing,
// security_token. Lines that start with # or ; are comments; blanks around
// names and values do not count; the last of several equal names does.
// Errors: kCredentials, naming what is missing.
Result<SigningKey> ParseProfile(std::string_view text,
                                std::string_view section);

// ParseProfile of the file, at each call.
KeyReader KeyFromProfile(std::string path, std::string section);

// The file to use where `path` is configured, with a leading "~/" replaced by
// the home folder. For an empty one HUAWEICLOUD_SDK_CREDENTIALS_FILE, else
// ~/.huaweicloud/credentials. Empty if that needs a home and there is none.
std::string FindProfile(std::string path, const Environment& environment);

}  // namespace exporter
