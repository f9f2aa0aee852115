#include "net/connection_generations.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(ConnectionGenerationsTest, EndsWithAMissedReplyInHttp2) {
  ConnectionGenerations generations;
  generations.Heard("h", 0, 7, true);
  EXPECT_EQ(generations.Now("h").generation, 0U);

  generations.Missed("h", generations.Now("h"), 7);
  EXPECT_EQ(generations.Now("h").generation, 1U);
  EXPECT_EQ(generations.Now("other").generation, 0U);
}

TEST(ConnectionGenerationsTest, EndsOnceForAllWhoWereOnOneConnection) {
  ConnectionGenerations generations;
  generations.Heard("h", 0, 7, true);
  const auto began = generations.Now("h");

  for (int i = 0; i < 64; ++i) generations.Missed("h", began, 7);
  EXPECT_EQ(generations.Now("h").generation, 1U);

  generations.Missed("h", generations.Now("h"), 7);
  EXPECT_EQ(generations.Now("h").generation, 2U);
}

TEST(ConnectionGenerationsTest, StaysWhileOthersAreAnswered) {
  ConnectionGenerations generations;
  generations.Heard("h", 0, 7, true);
  const auto began = generations.Now("h");

  generations.Heard("h", 0, 7, true);
  generations.Missed("h", began, 7);
  EXPECT_EQ(generations.Now("h").generation, 0U);

  generations.Missed("h", generations.Now("h"), 7);
  const auto second = generations.Now("h");
  generations.Heard("h", 0, 7, true);  // Late, and of the first.
  generations.Missed("h", second, 7);
  EXPECT_EQ(generations.Now("h").generation, 2U);
}

// One of several that are full has frozen, and the others go on.
TEST(ConnectionGenerationsTest, EndsThoughOtherConnectionsBringReplies) {
  ConnectionGenerations generations;
  generations.Heard("h", 0, 7, true);
  generations.Heard("h", 0, 8, true);
  const auto began = generations.Now("h");

  generations.Heard("h", 0, 8, true);
  generations.Missed("h", began, 8);
  generations.Missed("h", began, 0);
  EXPECT_EQ(generations.Now("h").generation, 0U);

  generations.Missed("h", began, 7);
  EXPECT_EQ(generations.Now("h").generation, 1U);
}

TEST(ConnectionGenerationsTest, EndsThoughManyConnectionsCame) {
  ConnectionGenerations generations;
  for (int connection = 1; connection <= 3000; ++connection) {
    generations.Heard("h", 0, connection, true);
  }
  const auto began = generations.Now("h");

  generations.Heard("h", 0, 3000, true);
  generations.Missed("h", began, 3000);
  EXPECT_EQ(generations.Now("h").generation, 0U);
  generations.Missed("h", began, 2999);
  EXPECT_EQ(generations.Now("h").generation, 1U);
}

TEST(ConnectionGenerationsTest, GoesRoundSoThatWhatIsKeptForEachIsBounded) {
  ConnectionGenerations generations;
  generations.Heard("h", 0, 7, true);

  for (unsigned i = 0; i < ConnectionGenerations::kGenerations; ++i) {
    EXPECT_EQ(generations.Now("h").generation, i);
    generations.Missed("h", generations.Now("h"), 7);
  }
  EXPECT_EQ(generations.Now("h").generation, 0U);
}

TEST(ConnectionGenerationsTest, StaysWhereNoConnectionIsShared) {
  ConnectionGenerations generations;
  generations.Missed("h", generations.Now("h"), 7);
  generations.Heard("h", 0, 7, false);
  generations.Missed("h", generations.Now("h"), 7);
  EXPECT_EQ(generations.Now("h").generation, 0U);

  generations.Heard("h", 0, 7, true);
  generations.Missed("h", generations.Now("h"), 7);
  generations.Heard("h", 1, 7, false);
  generations.Missed("h", generations.Now("h"), 7);
  EXPECT_EQ(generations.Now("h").generation, 1U);
}

}  // namespace
}  // namespace exporter
