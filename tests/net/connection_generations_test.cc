#include "net/connection_generations.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(ConnectionGenerationsTest, EndsWithAMissedReplyInHttp2) {
  ConnectionGenerations generations;
  generations.Heard("h", 0, true);
  EXPECT_EQ(generations.Now("h").generation, 0U);

  generations.Missed("h", generations.Now("h"));
  EXPECT_EQ(generations.Now("h").generation, 1U);
  EXPECT_EQ(generations.Now("other").generation, 0U);
}

TEST(ConnectionGenerationsTest, EndsOnceForAllWhoWereOnOneConnection) {
  ConnectionGenerations generations;
  generations.Heard("h", 0, true);
  const auto began = generations.Now("h");

  for (int i = 0; i < 64; ++i) generations.Missed("h", began);
  EXPECT_EQ(generations.Now("h").generation, 1U);

  generations.Missed("h", generations.Now("h"));
  EXPECT_EQ(generations.Now("h").generation, 2U);
}

TEST(ConnectionGenerationsTest, StaysWhileOthersAreAnswered) {
  ConnectionGenerations generations;
  generations.Heard("h", 0, true);
  const auto began = generations.Now("h");

  generations.Heard("h", 0, true);
  generations.Missed("h", began);
  EXPECT_EQ(generations.Now("h").generation, 0U);

  generations.Missed("h", generations.Now("h"));
  const auto second = generations.Now("h");
  generations.Heard("h", 0, true);  // Late, and of the first.
  generations.Missed("h", second);
  EXPECT_EQ(generations.Now("h").generation, 2U);
}

TEST(ConnectionGenerationsTest, StaysWhereNoConnectionIsShared) {
  ConnectionGenerations generations;
  generations.Missed("h", generations.Now("h"));
  generations.Heard("h", 0, false);
  generations.Missed("h", generations.Now("h"));
  EXPECT_EQ(generations.Now("h").generation, 0U);

  generations.Heard("h", 0, true);
  generations.Missed("h", generations.Now("h"));
  generations.Heard("h", 1, false);
  generations.Missed("h", generations.Now("h"));
  EXPECT_EQ(generations.Now("h").generation, 1U);
}

}  // namespace
}  // namespace exporter
