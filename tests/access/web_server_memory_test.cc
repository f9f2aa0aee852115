// What the server does when there is no memory.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>
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
    ServeResponse response{.body = std::string(1'000'000, 'a')};
    too_much = 50'000;
    return response;
  };
  TestServer server({route});

  EXPECT_EQ(server.Connect().Get("/", "Accept-Encoding: gzip\r\n").status, 500);
  EXPECT_EQ(server.Connect().Get("/nothing").status, 404) << "it goes on";
}

TEST(WebServerMemoryTest, NeverHasAllOfABodyThatItCompresses) {
  constexpr std::size_t kPieces = 50;
  Route route = PlainRoute();
  route.handle = [](const ServeRequest&) {
    too_much = 5'000'000;
    return ServeResponse{.write_body =
                             [](const BodySink& sink) {
                               const std::string piece(1'000'000, 'a');
                               for (std::size_t i = 0; i < kPieces; ++i) {
                                 sink(piece);
                               }
                             },
                         .expected_bytes = kPieces * 1'000'000};
  };
  TestServer server({route});

  const RawResponse response =
      server.Connect().Get("/", "Accept-Encoding: gzip\r\n");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("Content-Encoding"), "gzip");
  EXPECT_EQ(server.Connect().Get("/").status, 500) << "that has all of it";
}

}  // namespace
}  // namespace exporter
