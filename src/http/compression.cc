#include "http/compression.h"

#include <zlib.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "base/header_text.h"

namespace exporter {
namespace {

// On the metrics of 10,000 datasets, 9 MB, level 1 takes 38 ms and the default
// 108 ms, for the same size.
constexpr int kLevel = 1;

// Owns what zlib keeps beside the stream, which points back to it.
struct Deflater {
  Deflater() {
    constexpr int kGzipWindow = 15 + 16;  // The largest, in gzip's frame.
    constexpr int kMemoryLevel = 8;
    if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::runtime_error("zlib: no memory");
    }
  }
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  z_stream stream{};
};

}  // namespace

AcceptedCodings ParseAcceptEncoding(std::string_view header) {
  std::optional<int> gzip;
  std::optional<int> identity;
  std::optional<int> any;
  while (!header.empty()) {
    std::string_view member = TakeUntil(header, ',');
    const std::string_view coding = TakeUntil(member, ';');
    std::optional<int> weight = 1000;
    if (!member.empty()) {
      const std::string_view name = TakeUntil(member, '=');
      weight = EqualsIgnoringCase(name, "q") ? ParseQuality(TrimBlanks(member))
                                             : std::nullopt;
    }
    if (!weight) continue;
    if (EqualsIgnoringCase(coding, "gzip") ||
        EqualsIgnoringCase(coding, "x-gzip")) {
      gzip = std::max(gzip.value_or(0), *weight);
    } else if (EqualsIgnoringCase(coding, "identity")) {
      identity = weight;
    } else if (coding == "*") {
      any = weight;
    }
  }
  // What is not listed is what "*" says; without it gzip is refused, and the
  // plain body is taken, but nobody asked for it.
  const int gzip_weight = gzip.value_or(any.value_or(0));
  const int identity_weight = identity.value_or(any.value_or(1));
  return {.gzip = gzip_weight > 0 && gzip_weight >= identity_weight,
          .identity = identity_weight > 0};
}

std::string Gzip(std::string_view bytes) {
  // Metrics come to a twentieth of their size. What they could come to at worst
  // is so much that reserving it would double the memory of a large scrape.
  constexpr std::size_t kUsualRatio = 16;
  constexpr std::size_t kLeast = 1024;
  Deflater deflater;
  z_stream& stream = deflater.stream;
  // zlib does not write to its input, but its type does not say so.
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out(bytes.size() / kUsualRatio + kLeast, '\0');
  int result = Z_OK;
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + stream.total_out;
    stream.avail_out = static_cast<uInt>(out.size() - stream.total_out);
    result = deflate(&stream, Z_FINISH);
    if (result != Z_OK) break;
    out.resize(2 * out.size());
  }
  out.resize(stream.total_out);
  if (result != Z_STREAM_END) throw std::runtime_error("zlib: not finished");
  return out;
}

void Encode(std::string_view accept_encoding, ServeResponse& response) {
  response.headers.emplace_back("Vary", "Accept-Encoding");
  const AcceptedCodings accepted = ParseAcceptEncoding(accept_encoding);
  if (!accepted.gzip) return;
  if (accepted.identity && response.body.size() < kMinCompressedBytes) return;
  response.body = Gzip(response.body);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace exporter
