#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <variant>

#include "app/app.h"
#include "app/health_check.h"
#include "base/file.h"
#include "base/log.h"
#include "config/flags.h"

int main(int argc, char** argv) {
  exporter::HoldStandardStreams();
  const auto parsed = exporter::ParseFlags(argc, argv);
  if (const auto* exit = std::get_if<exporter::EarlyExit>(&parsed)) {
    std::fputs(exit->out.c_str(), stdout);
    std::fputs(exit->err.c_str(), stderr);
    return exit->status;
  }
  const auto& flags = std::get<exporter::Flags>(parsed);
  exporter::ConfigureLog(flags.log_level, flags.log_format);
  if (flags.health_check) return exporter::CheckHealth(flags);
  if (flags.config_check) return exporter::CheckConfig(flags);
  const int status = exporter::RunExporter(flags);
  exporter::FlushLog(std::chrono::seconds(1));
  return status;
}
