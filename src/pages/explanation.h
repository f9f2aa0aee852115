// Why something on the page is not as it should be, and what to do about it: as
// paragraphs, for a cell or a list.

#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "model/sync_status.h"

namespace exporter {

// Behind `lead`: what the cloud replied, what we say of it, and advice.
void AppendFailure(std::string& html, std::string_view lead,
                   const Error& failure);

// What the task itself says was wrong with it.
void AppendTaskFailure(std::string& html, const SyncStatus& status);

// What the cloud calls a state that we do not know.
void AppendUnknownState(std::string& html, const SyncStatus& status);

}  // namespace exporter
