#include "broker/limits/connection_gate.h"

#include <gtest/gtest.h>
#include <tenon/draft/transport.h>

namespace tenon::broker {
namespace {

using GateVerdict = ConnectionGate::Verdict;

ConnectionGate::Address ipv4(std::uint8_t last) {
  const std::uint8_t addr[16] = {10, 0, 0, last};
  return ConnectionGate::address_of(TENON_PEER_IPV4, addr);
}

ConnectionGate::Address ipv6(std::uint8_t net, std::uint8_t last) {
  const std::uint8_t addr[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, net, 0, 0, 0, 0, 0, 0, 0, last};
  return ConnectionGate::address_of(TENON_PEER_IPV6, addr);
}

TEST(ConnectionGateTest, WithoutLimitsEverybodyComesInAtOnce) {
  ConnectionGate gate({});
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(gate.pace(0, false), 0);
    EXPECT_EQ(gate.admit(ipv4(1)), GateVerdict::admitted);
  }
}

TEST(ConnectionGateTest, PlaceOfAConnectionThatIsGoneIsFree) {
  ConnectionGate gate({2, 0, 0, 0});
  EXPECT_EQ(gate.admit(ipv4(1)), GateVerdict::admitted);
  EXPECT_EQ(gate.admit(std::nullopt), GateVerdict::admitted);
  EXPECT_EQ(gate.admit(ipv4(2)), GateVerdict::too_many);
  gate.release(std::nullopt);
  EXPECT_EQ(gate.admit(ipv4(2)), GateVerdict::admitted);
}

TEST(ConnectionGateTest, OneAddressTakesNoPlaceOfAnother) {
  ConnectionGate gate({0, 2, 0, 0});
  EXPECT_EQ(gate.admit(ipv4(1)), GateVerdict::admitted);
  EXPECT_EQ(gate.admit(ipv4(1)), GateVerdict::admitted);
  EXPECT_EQ(gate.admit(ipv4(1)), GateVerdict::too_many_of_address);
  EXPECT_EQ(gate.admit(ipv4(2)), GateVerdict::admitted);
  EXPECT_EQ(gate.count(), 3u);
  gate.release(ipv4(1));
  EXPECT_EQ(gate.admit(ipv4(1)), GateVerdict::admitted);
}

TEST(ConnectionGateTest, AddressesOfOneSlash64AreOne) {
  ConnectionGate gate({0, 1, 0, 0});
  EXPECT_EQ(gate.admit(ipv6(1, 1)), GateVerdict::admitted);
  EXPECT_EQ(gate.admit(ipv6(1, 2)), GateVerdict::too_many_of_address);
  EXPECT_EQ(gate.admit(ipv6(2, 1)), GateVerdict::admitted);
}

TEST(ConnectionGateTest, UnixSocketsHaveNoAddressToCount) {
  const std::uint8_t addr[16] = {};
  EXPECT_FALSE(ConnectionGate::address_of(TENON_PEER_UNIX, addr));
  ConnectionGate gate({0, 1, 0, 0});
  EXPECT_EQ(gate.admit(std::nullopt), GateVerdict::admitted);
  EXPECT_EQ(gate.admit(std::nullopt), GateVerdict::admitted);
}

TEST(ConnectionGateTest, LimitSetLaterCountsThoseThatAreThere) {
  ConnectionGate gate({});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gate.admit(ipv4(1)), GateVerdict::admitted);
  gate.set_limits({0, 2, 0, 0});
  EXPECT_EQ(gate.admit(ipv4(1)), GateVerdict::too_many_of_address);
  for (int i = 0; i < 3; ++i) gate.release(ipv4(1));
  EXPECT_EQ(gate.admit(ipv4(1)), GateVerdict::admitted);
}

TEST(ConnectionGateTest, ConnectionsBeyondTheRateHaveTheirTurnsOneAfterAnother) {
  ConnectionGate gate({0, 0, 10, 60 * ns_per_s});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(gate.pace(0, false), 0);
  EXPECT_EQ(gate.pace(0, false), 0);
  EXPECT_EQ(gate.pace(0, false), ns_per_s / 10);
  EXPECT_EQ(gate.pace(0, false), 2 * ns_per_s / 10);
  EXPECT_EQ(gate.pace(10 * ns_per_s, false), 0);
}

TEST(ConnectionGateTest, WhoeverWouldWaitTooLongIsRefusedAndTakesNoTurn) {
  ConnectionGate gate({0, 0, 1, 2 * ns_per_s});
  EXPECT_EQ(gate.pace(0, false), 0);
  EXPECT_EQ(gate.pace(0, false), 0);
  EXPECT_EQ(gate.pace(0, false), ns_per_s);
  EXPECT_EQ(gate.pace(0, false), 2 * ns_per_s);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(gate.pace(0, false));
  EXPECT_EQ(gate.pace(ns_per_s, false), 2 * ns_per_s);
}

TEST(ConnectionGateTest, SlowedConnectionsComeTenASecond) {
  ConnectionGate gate({0, 0, 0, 60 * ns_per_s});
  EXPECT_EQ(gate.pace(0, true), 0);
  EXPECT_EQ(gate.pace(0, true), ns_per_s / 10);
  EXPECT_EQ(gate.pace(0, true), 2 * ns_per_s / 10);
  EXPECT_EQ(gate.pace(ns_per_s, true), 0);
}

}  // namespace
}  // namespace tenon::broker
