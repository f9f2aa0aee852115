#include "net/connection_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace exporter {
namespace {

using Speaks = ConnectionLine::Speaks;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kHost = "example.com";

// Exchanges 1 to `count` want a connection; how many may go.
std::size_t EnterAll(ConnectionLine& line, std::size_t count) {
  std::size_t went = 0;
  for (ConnectionLine::Ticket i = 1; i <= count; ++i) {
    went += line.Enter(kHost, i) ? 1 : 0;
  }
  return went;
}

TEST(ConnectionLineTest, LetsFewGoUntilAHandshakeTells) {
  ConnectionLine line(1000);

  EXPECT_EQ(EnterAll(line, 1000), ConnectionLine::kFirst);
  EXPECT_TRUE(line.Enter("other", 1));
  EXPECT_THAT(line.Next(kHost), IsEmpty());
}

// Those who entered first have each a connection, or all the same.
void Connect(ConnectionLine& line, std::size_t exchanges,
             std::size_t connections) {
  for (std::size_t i = 0; i < exchanges; ++i) line.Leave(kHost);
  for (std::size_t i = 0; i < connections; ++i) line.Opened(kHost);
}

// Those in line whose turn it is go; how many that are.
std::size_t EnterNext(ConnectionLine& line) {
  const auto next = line.Next(kHost);
  for (const auto ticket : next) EXPECT_TRUE(line.Enter(kHost, ticket));
  return next.size();
}

TEST(ConnectionLineTest, FillsTheConnectionsOfHttp2BeforeItOpensMore) {
  ConnectionLine line(1000);
  EnterAll(line, 1000);
  line.Learn(kHost, Speaks::kHttp2);
  Connect(line, 4, 4);

  EXPECT_EQ(EnterNext(line), 400 - 4);
  EXPECT_EQ(EnterNext(line), 0U);

  Connect(line, 396, 0);
  EXPECT_EQ(EnterNext(line), 9U);

  Connect(line, 9, 9);
  EXPECT_EQ(EnterNext(line), 1000 - 409U);
}

TEST(ConnectionLineTest, OpensNoMoreOfHttp2ThanAllFill) {
  ConnectionLine line(1000);
  EnterAll(line, 2000);
  line.Learn(kHost, Speaks::kHttp2);
  Connect(line, 4, 4);
  Connect(line, EnterNext(line), 0);
  Connect(line, EnterNext(line), 9);
  Connect(line, EnterNext(line), 0);
  EXPECT_THAT(line.Next(kHost), IsEmpty());

  line.End(kHost);
  EXPECT_THAT(line.Next(kHost), ElementsAre(1301));
  EXPECT_TRUE(line.Enter(kHost, 1301));
  line.Leave(kHost);

  line.Closed(kHost);  // Another may be opened.
  EXPECT_THAT(line.Next(kHost), ElementsAre(1302));
}

TEST(ConnectionLineTest, BoundsTheHandshakesOfHttp1) {
  ConnectionLine line(1000);
  EnterAll(line, 1000);
  line.Learn(kHost, Speaks::kHttp1);

  const auto next = line.Next(kHost);
  ASSERT_THAT(next,
              SizeIs(ConnectionLine::kHandshakes - ConnectionLine::kFirst));
  EXPECT_EQ(next.front(), ConnectionLine::kFirst + 1);
  for (const auto ticket : next) EXPECT_TRUE(line.Enter(kHost, ticket));
  EXPECT_THAT(line.Next(kHost), IsEmpty());

  line.Leave(kHost);
  EXPECT_THAT(line.Next(kHost), ElementsAre(ConnectionLine::kHandshakes + 1));
}

TEST(ConnectionLineTest, MayJoinIdleOnesOfHttp2AtRest) {
  ConnectionLine line(1000);
  EXPECT_FALSE(line.MayJoinIdle(kHost));
  EnterAll(line, 1);
  Connect(line, 1, 1);
  line.Learn(kHost, Speaks::kHttp2);
  EXPECT_FALSE(line.MayJoinIdle(kHost)) << "one is under way";
  line.End(kHost);
  EXPECT_TRUE(line.MayJoinIdle(kHost));

  line.Closed(kHost);
  EXPECT_FALSE(line.MayJoinIdle(kHost));
  line.Opened(kHost);
  line.Learn(kHost, Speaks::kHttp1);
  EXPECT_FALSE(line.MayJoinIdle(kHost));
}

TEST(ConnectionLineTest, PassesOverThoseWhoWaitNoLonger) {
  ConnectionLine line(1000);
  EnterAll(line, 7);
  line.Drop(kHost, 5);
  line.Drop(kHost, 70);
  line.Drop("other", 6);

  line.Leave(kHost);
  line.Leave(kHost);

  EXPECT_THAT(line.Next(kHost), ElementsAre(6, 7));
}

TEST(ConnectionLineTest, WaitsLessForHandshakesThatOnlyWork) {
  ConnectionLine line(1000);
  EXPECT_EQ(line.Patience(kHost), ConnectionLine::kPatience);
  line.Learn(kHost, Speaks::kHttp2);
  EXPECT_EQ(line.Patience(kHost), ConnectionLine::kPatience);
  line.Learn(kHost, Speaks::kHttp1);
  EXPECT_EQ(line.Patience(kHost), ConnectionLine::kHandshakeTime);
}

TEST(ConnectionLineTest, LearnsAnew) {
  ConnectionLine line(1000);
  line.Learn(kHost, Speaks::kHttp2);
  line.Learn(kHost, Speaks::kHttp1);

  EXPECT_EQ(EnterAll(line, 1000), ConnectionLine::kHandshakes);
}

}  // namespace
}  // namespace exporter
