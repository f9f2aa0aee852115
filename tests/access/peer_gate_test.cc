#include "access/peer_gate.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(PeerGateTest, LeavesRoomForOthers) {
  PeerGate gate(3, 2);
  auto a1 = gate.Enter("a");
  auto a2 = gate.Enter("a");
  EXPECT_TRUE(a1 && a2);
  EXPECT_FALSE(gate.Enter("a"));

  const auto b = gate.Enter("b");
  EXPECT_TRUE(b);
  EXPECT_FALSE(gate.Enter("c")) << "full";

  a1 = nullptr;
  EXPECT_TRUE(gate.Enter("c")) << "there is room again";
  EXPECT_TRUE(gate.Enter("a"));
}

TEST(PeerGateTest, MayGoBeforeItsTickets) {
  auto gate = std::make_unique<PeerGate>(1, 1);
  auto ticket = gate->Enter("a");
  gate = nullptr;
  EXPECT_TRUE(ticket);
  ticket = nullptr;
}

}  // namespace
}  // namespace exporter
