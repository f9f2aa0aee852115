#pragma once

#include <string>

#include "base/body_source.h"

namespace exporter {

// All that `source` makes.
inline std::string WholeBody(const BodySource& source) {
  std::string whole;
  for (bool more = true; more;) {
    std::string piece;
    more = source(piece);
    whole += piece;
  }
  return whole;
}

}  // namespace exporter
