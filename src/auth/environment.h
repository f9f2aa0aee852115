#pragma once

#include <functional>

#include "auth/access_key.h"

namespace exporter {

// std::getenv, or what stands for it in a test.
using Environment = std::function<const char*(const char*)>;

// The text of a variable; empty if it is not set.
std::string Variable(const Environment& environment, const char* name);

// The key in HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and, if it is set,
// HUAWEICLOUD_SDK_SECURITY_TOKEN, as they are now: no one changes them later.
KeyReader KeyFromEnvironment(const Environment& environment);

}  // namespace exporter
