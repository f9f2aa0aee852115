// The configuration is written by people, and by templates gone wrong.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "config/loader.h"
#include "require.h"
#include "support/temp_folder.h"
#include "yaml/tree.h"

namespace exporter {
namespace {

void RequireSound(const std::vector<Fault>& faults) {
  Require(faults.size() <= kMaxFaults + 1);
  for (const Fault& fault : faults) {
    Require(fault.line >= 1 && fault.column >= 1 && !fault.what.empty());
    Require(IsOneLine(fault.what));
  }
}

// The folder of the configuration, with the files that the seeds name.
const TempFolder& Folder() {
  static const TempFolder folder("config-fuzz");
  static const bool filled = [] {
    std::filesystem::create_directory(folder.path() + "/secrets");
    std::filesystem::create_directory(folder.path() + "/datasets");
    folder.Write("secrets/token", "t0ken\n");
    folder.Write("datasets/a.yml", "- {id: from-a-file}\n");
    return true;
  }();
  Require(filled);
  return folder;
}

LoadedConfig Load(std::string_view text) {
  LoadedConfig loaded = LoadConfig(Folder().Write("config.yml", text));
  RequireSound(loaded.faults);
  RequireSound(loaded.warnings);
  Require((loaded.config != nullptr) == loaded.faults.empty());
  return loaded;
}

}  // namespace
}  // namespace exporter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using exporter::Require;
  const auto config =
      exporter::Load({reinterpret_cast<const char*>(data), size}).config;
  if (!config) return 0;
  Require(!config->projects.empty());
  // What is shown of a configuration is one, and shows the same.
  const auto again = exporter::Load(config->shown).config;
  Require(again != nullptr && again->shown == config->shown);
  return 0;
}
