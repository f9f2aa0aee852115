// What a client asked, as the parts of the cloud look at it.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/request.h"

namespace simulator {

// Views into the request that it was made of.
struct Request {
  explicit Request(const exporter::ServeRequest& request);

  std::string_view method;
  std::string_view path;   // Raw: percent-encoded as it came.
  std::string_view query;  // Raw, without the '?'.
  std::string_view body;

  // The value of the first header called `name`, in any case; empty if there
  // is none.
  [[nodiscard]] std::string_view Find(std::string_view name) const;

  // The decoded value of the first query parameter called `name`.
  [[nodiscard]] std::optional<std::string> Parameter(
      std::string_view name) const;

 private:
  const exporter::ServeRequest& request_;
};

// `text` with every %XX replaced by its byte; what is no %XX stays.
std::string PercentDecode(std::string_view text);

}  // namespace simulator
