#include "http/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <memory>
#include <random>

namespace exporter {
namespace {

using ::testing::_;
using ::testing::Contains;
using ::testing::Not;
using ::testing::Pair;

std::string Gunzip(const std::string& bytes, std::size_t size) {
  std::string out(size + 1, '\0');
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return result == Z_STREAM_END ? out : "not gzip";
}

TEST(GzipTest, ComesBackAsItWas) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919);
  for (const std::string& bytes : {std::string(), std::string("a"), text}) {
    EXPECT_EQ(Gunzip(Gzip(bytes), bytes.size()), bytes);
  }
}

TEST(GzipTest, TakesWhatCannotBeMadeSmaller) {
  std::minstd_rand random(1);
  std::string noise(100'000, ' ');
  for (char& c : noise) c = static_cast<char>(random() >> 8U);

  EXPECT_EQ(Gunzip(Gzip(noise), noise.size()), noise);
}

TEST(ParseAcceptEncodingTest, ReadsWeights) {
  constexpr AcceptedCodings kPlain{.gzip = false, .identity = true};
  constexpr AcceptedCodings kBoth{.gzip = true, .identity = true};
  constexpr AcceptedCodings kOnlyGzip{.gzip = true, .identity = false};
  constexpr AcceptedCodings kNeither{.gzip = false, .identity = false};
  const struct {
    const char* header;
    AcceptedCodings accepted;
  } kCases[] = {
      {"", kPlain},
      {"gzip", kBoth},
      {"GZIP", kBoth},
      {"x-gzip", kBoth},
      {"gzip, deflate, br", kBoth},
      {"br, deflate", kPlain},
      {"gzip;q=0", kPlain},
      {"gzip;q=0.000", kPlain},
      {"gzip; q=0.001", kBoth},
      {"gzip ; Q = 1.000", kBoth},
      {"*", kBoth},
      {"*;q=0", kNeither},
      {"*;q=0.5, gzip;q=0", kPlain},
      {"gzip;q=0, *", kPlain},
      {"gzip, *;q=0", kOnlyGzip},
      {"gzip, identity;q=0", kOnlyGzip},
      {"identity;q=0", kNeither},
      {"identity", kPlain},
      {"gzip;q=0.5, identity", kPlain},
      {"gzip;q=0.5, identity;q=0.5", kBoth},
      {"gzip;q=2", kPlain},
      {"gzip;q=1.001", kPlain},
      {"gzip;q=", kPlain},
      {"gzip;q=0.0001", kPlain},
      {"gzip;q=1.0000", kBoth},
      {"gzip;q=.5", kBoth},
      {"gzip;level=9", kPlain},
      {",,;;q=1,gzip", kBoth},
  };
  for (const auto& [header, accepted] : kCases) {
    EXPECT_EQ(ParseAcceptEncoding(header), accepted) << header;
  }
}

TEST(EncodeTest, LeavesSmallBodiesAlone) {
  ServeResponse response{.body = std::string(kMinCompressedBytes - 1, 'a')};
  Encode("gzip", response);
  EXPECT_EQ(response.body.size(), kMinCompressedBytes - 1);

  Encode("gzip, identity;q=0", response);
  EXPECT_EQ(Gunzip(response.body, kMinCompressedBytes),
            std::string(kMinCompressedBytes - 1, 'a'));
}

// A response of `count` pieces.
ServeResponse Written(std::size_t count, const std::string& piece) {
  return {.write_body = [=](const BodySink& sink) {
    for (std::size_t i = 0; i < count; ++i) sink(piece);
  }};
}

TEST(EncodeTest, CompressesABodyAsItIsWritten) {
  const std::string piece(1000, 'a');
  std::string whole;
  for (int i = 0; i < 1000; ++i) whole += piece;

  ServeResponse compressed = Written(1000, piece);
  Encode("gzip", compressed);
  EXPECT_EQ(Gunzip(compressed.body, whole.size()), whole);
  EXPECT_THAT(compressed.headers, Contains(Pair("Content-Encoding", "gzip")));

  ServeResponse plain = Written(1000, piece);
  Encode("", plain);
  EXPECT_EQ(plain.body, whole);
  EXPECT_THAT(plain.headers, Not(Contains(Pair("Content-Encoding", _))));
}

TEST(EncodeTest, LeavesSmallBodiesAloneThatAreWritten) {
  for (const std::size_t count : {0U, 1U, 2U}) {
    const std::string piece(kMinCompressedBytes / 2 - 1, 'a');
    std::string whole;
    for (std::size_t i = 0; i < count; ++i) whole += piece;

    ServeResponse plain = Written(count, piece);
    Encode("gzip", plain);
    EXPECT_EQ(plain.body, whole);

    ServeResponse compressed = Written(count, piece);
    Encode("gzip, identity;q=0", compressed);
    EXPECT_EQ(Gunzip(compressed.body, whole.size()), whole);
  }
}

TEST(EncodeTest, LetsGoOfWhatTheBodyIsWrittenFrom) {
  auto source = std::make_shared<int>(0);
  ServeResponse response{.write_body = [source](const BodySink&) {}};
  Encode("gzip", response);
  EXPECT_EQ(source.use_count(), 1);
}

}  // namespace
}  // namespace exporter
