// Writes the page on "/": what people look at first.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/body_source.h"
#include "base/clock.h"
#include "model/reading.h"
#include "model/shard.h"

namespace exporter {

inline constexpr char kHtmlContentType[] = "text/html; charset=utf-8";

struct PageContext {
  std::string version;                      // e.g. "1.0.0"
  std::string revision;                     // e.g. "5dbf94f"; may be empty
  std::string telemetry_path = "/metrics";  // Begins with "/".
  WallTime now;                             // Ages are counted up to it.
  WallTime started;                         // The exporter's start.
  std::chrono::seconds refresh{15};         // The page looks for news so often.
  Shard shard{};
};

// A whole document that needs nothing else: no font, no image, no script from
// anywhere. Datasets with trouble come first, the others in the order of the
// catalogue. Without JavaScript it is a plain table; with it, rows can be
// filtered and sorted, and the page refreshes itself from its own address.
//
// Whatever the cloud or the configuration put into names, labels and messages
// is text there. Costs O(datasets), below a kilobyte each.
BodySource RenderStatusPage(std::shared_ptr<const Overview> overview,
                            const PageContext& context);

// The headers to send with the page: a Content-Security-Policy that lets
// nothing run or load but what RenderStatusPage wrote, by its hash.
std::vector<std::pair<std::string, std::string>> StatusPageHeaders();

}  // namespace exporter
