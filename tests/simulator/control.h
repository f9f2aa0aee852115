// The endpoints under /simulator/, by which tests see and change the cloud.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "reply.h"
#include "request.h"
#include "state.h"

namespace simulator {

inline constexpr std::string_view kControlPrefix = "/simulator/";

// What --help says about these endpoints.
extern const char kControlHelp[];

// Not safe for concurrent use. `state` must outlive it.
class Control {
 public:
  explicit Control(State& state) : state_(state) {}

  // REQUIRES: the path begins with kControlPrefix.
  void Answer(const Request& request, Reply& reply);

 private:
  // What the reply says, or why the request is refused.
  exporter::Result<std::string> Do(const Request& request,
                                   std::string_view action);
  exporter::Result<std::string> ChangeDataset(const Request& request,
                                              std::string_view names);
  exporter::Result<std::string> PinTask(const Request& request);
  exporter::Result<std::string> SetAccessKey(const Request& request);
  std::string CountersJson(bool by_dataset) const;
  std::string ExporterConfig(const Request& request) const;

  State& state_;
};

}  // namespace simulator
