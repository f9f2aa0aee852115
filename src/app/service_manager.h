// Tells systemd how the service is, if systemd started it. Source:
// sd_notify(3).

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace exporter {

// Sends `state`, e.g. "READY=1", to the socket in NOTIFY_SOCKET; does nothing
// where there is none.
void NotifyServiceManager(std::string_view state);

// "RELOADING=1" with the time, as Type=notify-reload wants it.
void NotifyReloading();

// How often "WATCHDOG=1" is due: half of WATCHDOG_USEC. None if no watchdog
// watches this process.
std::optional<std::chrono::microseconds> WatchdogInterval();

}  // namespace exporter
