// The Accept header comes from whoever reaches the port.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "expose/negotiation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string accept(reinterpret_cast<const char*>(data), size);
  const exporter::Format format = exporter::NegotiateFormat(accept);

  // Who did not name 2.0.0 does not get it.
  if (format == exporter::Format::kOpenMetrics2 &&
      accept.find("2.0.0") == std::string::npos) {
    std::abort();
  }
  (void)exporter::ContentType(format);

  // Members that say nothing change nothing.
  constexpr char kRefusal[] = "application/openmetrics-text;version=9;q=0,";
  if (exporter::NegotiateFormat(kRefusal + accept) != format) std::abort();
  if (exporter::NegotiateFormat("/;q=0.1,," + accept) != format) std::abort();
  if (exporter::NegotiateFormat("a/b;c=\"\\\",*/*\"," + accept) != format) {
    std::abort();
  }
  return 0;
}
