#include "net/fetcher.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(HeaderTest, IgnoresTheCaseAndTakesTheFirst) {
  const HttpReply reply{.status = 200,
                        .headers = {{"Date", "now"},
                                    {"x-request-id", "a"},
                                    {"X-Request-Id", "b"}},
                        .body = ""};

  EXPECT_EQ(Header(reply, "X-Request-Id"), "a");
  EXPECT_EQ(Header(reply, "date"), "now");
  EXPECT_EQ(Header(reply, "Dat"), "");
}

}  // namespace
}  // namespace exporter
