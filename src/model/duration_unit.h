#pragma once

namespace exporter {

// The unit of duration_time, which the API reference does not say.
enum class DurationUnit { kSeconds, kMilliseconds };

}  // namespace exporter
