#include "config/shard_ordinal.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace exporter {
namespace {

TEST(OrdinalOfTest, IsTheNumberAfterTheLastDash) {
  EXPECT_EQ(OrdinalOf("exporter-0"), 0U);
  EXPECT_EQ(OrdinalOf("modelarts-exporter-12"), 12U);
  for (const char* name :
       {"", "exporter", "exporter-", "exporter-1a", "7", "exporter2",
        "exporter-4294967296", "a--b", "exporter-+1"}) {
    EXPECT_EQ(OrdinalOf(name), std::nullopt) << name;
  }
}

TEST(OrdinalOfThisPodTest, AsksPodNameBeforeHostName) {
  setenv("POD_NAME", "exporter-3", 1);
  setenv("HOSTNAME", "exporter-4", 1);
  EXPECT_EQ(OrdinalOfThisPod(), 3U);

  unsetenv("POD_NAME");
  EXPECT_EQ(OrdinalOfThisPod(), 4U);
  unsetenv("HOSTNAME");
}

}  // namespace
}  // namespace exporter
