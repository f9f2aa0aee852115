#include "http/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <memory>
#include <random>
#include <string>

#include "support/whole_body.h"

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

// Of `response`, as it would be sent.
std::string BodyOf(ServeResponse response) {
  return response.body + (response.rest ? WholeBody(response.rest) : "");
}

TEST(EncodeTest, MakesAGzipFileOfABody) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919);
  std::minstd_rand random(1);
  std::string noise(200'000, ' ');
  for (char& c : noise) c = static_cast<char>(random() >> 8U);
  for (const std::string& body : {std::string(), std::string("a"), text, noise,
                                  std::string(10'000'000, 'a')}) {
    ServeResponse response{.body = body};

    Encode("gzip, identity;q=0", response);

    EXPECT_THAT(response.headers, Contains(Pair("Content-Encoding", "gzip")));
    EXPECT_LE(response.body.size(), 80U * 1024);
    EXPECT_EQ(Gunzip(BodyOf(response), body.size()), body);
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
ServeResponse InPieces(std::size_t count, const std::string& piece) {
  return {.rest = [piece, left = std::make_shared<std::size_t>(count)](
                      std::string& out) {
    if (*left == 0) return false;
    out += piece;
    return --*left > 0;
  }};
}

TEST(EncodeTest, CompressesABodyAsItIsMade) {
  const std::string piece(1000, 'a');
  std::string whole;
  for (int i = 0; i < 1000; ++i) whole += piece;

  ServeResponse compressed = InPieces(1000, piece);
  Encode("gzip", compressed);
  EXPECT_EQ(Gunzip(BodyOf(compressed), whole.size()), whole);
  EXPECT_THAT(compressed.headers, Contains(Pair("Content-Encoding", "gzip")));

  ServeResponse plain = InPieces(1000, piece);
  Encode("", plain);
  EXPECT_EQ(plain.body, piece) << "no more than that yet";
  EXPECT_EQ(BodyOf(plain), whole);
  EXPECT_THAT(plain.headers, Not(Contains(Pair("Content-Encoding", _))));
}

TEST(EncodeTest, LeavesSmallBodiesAloneThatAreMade) {
  for (const std::size_t count : {0U, 1U}) {
    const std::string piece(kMinCompressedBytes - 1, 'a');
    const std::string whole = count == 0 ? "" : piece;

    ServeResponse plain = InPieces(count, piece);
    Encode("gzip", plain);
    EXPECT_EQ(plain.body, whole);
    EXPECT_FALSE(plain.rest);

    ServeResponse compressed = InPieces(count, piece);
    Encode("gzip, identity;q=0", compressed);
    EXPECT_EQ(Gunzip(compressed.body, whole.size()), whole);
    EXPECT_FALSE(compressed.rest);
  }
}

// Noise, so that the pieces of the file are many.
TEST(EncodeTest, MakesNoMoreThanAPieceAhead) {
  std::minstd_rand random(1);
  std::size_t made = 0;
  ServeResponse response{.rest = [&](std::string& out) {
    for (int i = 0; i < 10'000; ++i) out += static_cast<char>(random() >> 8U);
    return ++made < 100;
  }};

  Encode("gzip", response);

  EXPECT_LT(made, 15U);
  EXPECT_EQ(Gunzip(BodyOf(response), 1'000'000).size(), 1'000'000U);
  EXPECT_EQ(made, 100U);
}

TEST(EncodeTest, LetsGoOfWhatTheBodyIsMadeOfOnceItIsMade) {
  for (const char* accepted : {"", "gzip"}) {
    auto held = std::make_shared<std::string>(1000, 'a');
    ServeResponse response{.rest = [held](std::string& out) {
      out += *held;
      return false;
    }};

    Encode(accepted, response);

    EXPECT_EQ(held.use_count(), 1) << accepted;
  }
}

}  // namespace
}  // namespace exporter
