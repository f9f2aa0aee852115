#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace exporter {

// Makes a text piece by piece, so that the whole of it is never in memory:
// appends some kPieceBytes to `out`; false: that was all. Who holds one that
// was not called to its end holds what the text is made of. Copies are one
// source. REQUIRES: not called by two at once, nor again after false.
using BodySource = std::function<bool(std::string& out)>;

inline constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

}  // namespace exporter
