#include <cstdio>
#include <cstdlib>
#include <variant>

#include "app/app.h"
#include "config/flags.h"

int main(int argc, char** argv) {
  const auto parsed = exporter::ParseFlags(argc, argv);
  if (const auto* exit = std::get_if<exporter::EarlyExit>(&parsed)) {
    std::fputs(exit->out.c_str(), stdout);
    std::fputs(exit->err.c_str(), stderr);
    return exit->status;
  }
  const auto& flags = std::get<exporter::Flags>(parsed);
  exporter::ConfigureLog(flags.log_level, flags.log_format);
  return flags.config_check ? exporter::CheckConfig(flags)
                            : exporter::RunExporter(flags);
}
