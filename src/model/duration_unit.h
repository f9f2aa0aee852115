#pragma once

namespace exporter {

// Says the unit of duration_time, since the API reference does not.
enum class DurationUnit { kSeconds, kMilliseconds };

}  // namespace exporter
