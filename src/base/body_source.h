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

// To hand a piece from thread to thread costs some 15 us of CPU, as much as to
// write 64 KiB of metrics.
inline constexpr std::size_t kPieceBytes = std::size_t{256} * 1024;

}  // namespace exporter
