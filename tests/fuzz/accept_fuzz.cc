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

  // Members that say nothing change nothing.
  if (exporter::NegotiateFormat("/;q=0.1,," + accept) != format) std::abort();
  if (exporter::NegotiateFormat("a/b;c=\"\\\",*/*\"," + accept) != format) {
    std::abort();
  }
  return 0;
}
