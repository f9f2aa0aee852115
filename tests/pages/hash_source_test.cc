#include "pages/hash_source.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

// Source: W3C, Content Security Policy Level 3, section 8.5.
TEST(HashSourceTest, IsThatOfTheSpecification) {
  EXPECT_EQ(HashSource("alert('Hello, world.');"),
            "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
}

}  // namespace
}  // namespace exporter
