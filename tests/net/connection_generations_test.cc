#include "net/connection_generations.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(ConnectionGenerationsTest, EndsWithAMissedReplyInHttp2) {
  ConnectionGenerations generations;
  generations.Heard("h", true);
  EXPECT_EQ(generations.Of("h"), 0U);

  generations.Missed("h", 0);
  EXPECT_EQ(generations.Of("h"), 1U);
  EXPECT_EQ(generations.Of("other"), 0U);
}

TEST(ConnectionGenerationsTest, EndsOnceForAllWhoWereOnOneConnection) {
  ConnectionGenerations generations;
  generations.Heard("h", true);

  for (int i = 0; i < 64; ++i) generations.Missed("h", 0);
  EXPECT_EQ(generations.Of("h"), 1U);

  generations.Missed("h", 1);
  EXPECT_EQ(generations.Of("h"), 2U);
}

TEST(ConnectionGenerationsTest, StaysWhereNoConnectionIsShared) {
  ConnectionGenerations generations;
  generations.Missed("h", 0);
  generations.Heard("h", false);
  generations.Missed("h", 0);
  EXPECT_EQ(generations.Of("h"), 0U);

  generations.Heard("h", true);
  generations.Missed("h", 0);
  generations.Heard("h", false);
  generations.Missed("h", 1);
  EXPECT_EQ(generations.Of("h"), 1U);
}

}  // namespace
}  // namespace exporter
