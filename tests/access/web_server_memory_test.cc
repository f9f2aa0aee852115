// What the server does when there is no memory.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <string>

#include "test_server.h"

namespace {

// What this thread may not get at once.
thread_local std::size_t too_much = std::numeric_limits<std::size_t>::max();

}  // namespace

// Not inlined, or GCC 12 sees a free() of what new made and warns of it.
[[gnu::noinline]] void* operator new(std::size_t size,
                                     const std::nothrow_t&) noexcept {
  return size < too_much ? std::malloc(size) : nullptr;
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* const memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace exporter {
namespace {

TEST(WebServerMemoryTest, TellsTheClientThatThereIsNoneToCompressIn) {
  Route route = PlainRoute();
  route.handle = [](const ServeRequest&) {
    ServeResponse response;
    std::minstd_rand random(1);
    for (int i = 0; i < 1'000'000; ++i) {
      response.body += static_cast<char>(random() >> 8U);
    }
    too_much = 50'000;
    return response;
  };
  TestServer server({route});

  EXPECT_EQ(server.Connect().Get("/", "Accept-Encoding: gzip\r\n").status, 500);
  EXPECT_EQ(server.Connect().Get("/nothing").status, 404) << "it goes on";
}

TEST(WebServerMemoryTest, NeverHasAllOfALargeBody) {
  static constexpr std::size_t kPieces = 50;
  Route route = PlainRoute();
  route.handle = [](const ServeRequest&) {
    too_much = 5'000'000;
    const auto left = std::make_shared<std::size_t>(kPieces);
    return ServeResponse{.rest = [left](std::string& out) {
      too_much = 5'000'000;  // Whichever thread this is.
      out.append(1'000'000, 'a');
      return --*left > 0;
    }};
  };
  TestServer server({route});

  const RawResponse compressed =
      server.Connect().Get("/", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(compressed.status, 200);
  EXPECT_EQ(compressed.Header("Content-Encoding"), "gzip");
  EXPECT_EQ(server.Connect().Get("/").body.size(), kPieces * 1'000'000);
}

}  // namespace
}  // namespace exporter
