#include "base/shared_text.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

namespace exporter {
namespace {

TEST(SharedTextTest, IsThePointerAlone) {
  EXPECT_EQ(sizeof(SharedText), sizeof(void*));
}

TEST(SharedTextTest, SharesItsBytesWithItsCopies) {
  const SharedText text("a text that is longer than a small string");
  const SharedText copy = text;  // NOLINT(performance-unnecessary-copy-*)
  SharedText assigned("another");
  assigned = text;

  EXPECT_EQ(copy.View().data(), text.View().data());
  EXPECT_EQ(assigned.View().data(), text.View().data());
  EXPECT_EQ(copy, "a text that is longer than a small string");
}

TEST(SharedTextTest, OutlivesWhatItWasCopiedFrom) {
  SharedText kept;
  {
    const SharedText text(std::string("gone"));
    kept = text;
  }
  kept = *&kept;  // Itself.

  EXPECT_EQ(kept, "gone");
}

TEST(SharedTextTest, IsEmptyWhenMovedFromOrMadeOfNothing) {
  SharedText text("x");
  const SharedText taken = std::move(text);

  EXPECT_TRUE(text.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(SharedText("").empty());
  EXPECT_EQ(SharedText(), "");
  EXPECT_EQ(taken, "x");
}

TEST(SharedTextTest, HoldsNulBytes) {
  const std::string_view bytes("a\0b", 3);

  EXPECT_EQ(SharedText(bytes).View(), bytes);
}

TEST(SharedTextTest, ComparesAsItsBytesDo) {
  const std::map<SharedText, int> sorted = {{"b", 2}, {"", 0}, {"a", 1}};

  EXPECT_EQ(sorted.begin()->first, "");
  EXPECT_EQ(sorted.at(std::string("b")), 2);
  EXPECT_EQ(SharedText("a"), SharedText("a"));
  EXPECT_NE(SharedText("a"), std::string("b"));
  EXPECT_LT(SharedText("a"), SharedText("ab"));
}

TEST(SharedTextTest, IsCopiedByManyThreadsAtOnce) {
  SharedText text("shared by all");
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = text] {
      for (int j = 0; j < 10000; ++j) {
        const SharedText another = copy;
        ASSERT_EQ(another.View().size(), 13U);
      }
    });
  }
  text = {};
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace exporter
