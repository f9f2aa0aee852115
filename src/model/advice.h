#pragma once

#include <string_view>

#include "base/error.h"

namespace exporter {

// What a person can do about `error`: one sentence, for logs and pages.
std::string_view AdviceFor(const Error& error);

}  // namespace exporter
