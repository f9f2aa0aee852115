// Tells systemd how the service is, if systemd started it. Source:
// sd_notify(3).

#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/fault.h"

namespace exporter {

// Sends `state`, e.g. "READY=1", to the socket in NOTIFY_SOCKET; does nothing
// where there is none.
void NotifyServiceManager(std::string_view state);

// "RELOADING=1" with the time, as Type=notify-reload wants it.
void NotifyReloading();

// "READY=1" after the reload of this number, and as STATUS, which `systemctl
// status` shows, what became of it: the new configuration is in force, or was
// refused for the first of `faults`. The number makes each verdict another text
// than the one before: ExecReload in deploy/systemd/ waits for that.
void NotifyReloaded(int number, const std::vector<Fault>& faults);

// How often "WATCHDOG=1" is due: half of WATCHDOG_USEC. None if no watchdog
// watches this process.
std::optional<std::chrono::microseconds> WatchdogInterval();

}  // namespace exporter
