// Counts the bytes that the test program holds, to show what does not stay.

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "collect/discovery.h"
#include "collect/project_queue.h"

namespace {

std::atomic<std::size_t> held_bytes = 0;

void* Held(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  held_bytes += malloc_usable_size(memory);
  return memory;
}

}  // namespace

// Not inlined, or GCC 12 sees a free() of what new made and warns of it.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return Held(std::malloc(size));
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t to) {
  const auto step = static_cast<std::size_t>(to);
  return Held(std::aligned_alloc(step, (size + step - 1) / step * step));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (memory != nullptr) held_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
[[gnu::noinline]] void operator delete(void* memory,
                                       std::align_val_t) noexcept {
  operator delete(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t,
                                       std::align_val_t) noexcept {
  operator delete(memory);
}

namespace exporter {
namespace {

TEST(HeldMemoryTest, AListingHoldsNoIdThatIsLeftOut) {
  constexpr std::size_t kPages = 100;
  Discovery discovery("p", "r", {.exclude = ".*"});
  Rng rng;
  const std::size_t before = held_bytes;

  for (std::size_t i = 0; i < kPages; ++i) {
    ASSERT_TRUE(discovery.WantsPage({}));
    DatasetPage page;
    for (std::size_t j = 0; j < ListingPass::kPageSize; ++j) {
      std::string id(512, 'd');
      id.replace(0, 8, std::to_string(10'000'000 + i * 100 + j));
      page.datasets.push_back({.id = id, .name = "", .type = "0"});
    }
    ASSERT_FALSE(discovery.PageCame(page, {}, rng).failure);
  }

  EXPECT_LT(held_bytes - before, kPages * ListingPass::kPageSize * 100);
}

TEST(HeldMemoryTest, AQueueHoldsNothingOnceItIsEmpty) {
  ProjectQueue queue;
  std::vector<Entry> entries(1000);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].order = static_cast<std::uint32_t>(i);
  }
  const std::size_t before = held_bytes;

  for (Entry& entry : entries) queue.Insert(entry);
  EXPECT_GT(held_bytes, before + entries.size() * sizeof(void*));
  for (Entry& entry : entries) queue.Erase(entry);

  EXPECT_LE(held_bytes, before);
}

}  // namespace
}  // namespace exporter
