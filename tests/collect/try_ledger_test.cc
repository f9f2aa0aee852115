#include "collect/try_ledger.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart = SteadyTime(1000s);

class TryLedgerTest : public testing::Test {
 protected:
  TryLedger ledger_{{.max_tries = 3, .window = 15min}};
};

TEST_F(TryLedgerTest, HasRoomForSoManyTriesInAnyWindow) {
  for (const auto at : {0min, 2min, 4min}) {
    EXPECT_EQ(ledger_.RoomAt(0, kStart + at), kStart + at);
    ledger_.Refused("d", kStart + at);
  }

  EXPECT_EQ(ledger_.RoomAt(0, kStart + 4min), kStart + 15min);
  EXPECT_EQ(ledger_.RoomAt(0, kStart + 15min), kStart + 15min);
  EXPECT_EQ(ledger_.Count(kStart + 15min), 2U);
  ledger_.Refused("d", kStart + 15min);
  EXPECT_EQ(ledger_.RoomAt(0, kStart + 15min), kStart + 17min);
}

TEST_F(TryLedgerTest, KeepsRoomForThoseOnTheirWay) {
  EXPECT_EQ(ledger_.RoomAt(2, kStart), kStart);
  EXPECT_EQ(ledger_.RoomAt(3, kStart), SteadyTime::max());
  ledger_.Refused("d", kStart);

  EXPECT_EQ(ledger_.RoomAt(1, kStart), kStart);
  EXPECT_EQ(ledger_.RoomAt(2, kStart), kStart + 15min);
}

TEST_F(TryLedgerTest, LetsTheSameObjectBeTriedAfterOneAndAfterTenMinutes) {
  EXPECT_LE(ledger_.AgainAt(), kStart);
  ledger_.Refused("d", kStart);
  EXPECT_EQ(ledger_.AgainAt(), kStart + 1min);
  ledger_.Refused("d", kStart + 1min);
  EXPECT_EQ(ledger_.AgainAt(), kStart + 10min);
}

TEST_F(TryLedgerTest, NamesWhatWasRefusedUntilItIsCleared) {
  ledger_.Refused("d", kStart);
  EXPECT_TRUE(ledger_.Names("d"));
  EXPECT_FALSE(ledger_.Names("e"));

  ledger_.Clear();
  EXPECT_FALSE(ledger_.Names("d"));
  EXPECT_EQ(ledger_.Count(kStart), 0U);
}

}  // namespace
}  // namespace exporter
