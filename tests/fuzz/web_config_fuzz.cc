// The web configuration is written by people, and by templates gone wrong.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "access/web_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  exporter::FileRecord files;
  const exporter::WebConfigReport report =
      exporter::ParseWebConfig(text, "no/such/folder/web.yml", files);
  for (const exporter::Fault& fault : report.faults) {
    if (fault.line < 1 || fault.column < 1 || fault.what.empty()) std::abort();
  }
  return 0;
}
