#include <gtest/gtest.h>

#include "store/snapshot/outgoing.h"

namespace tenon::store {
namespace {

constexpr RangeId range{7, 1};
constexpr NodeId away{2};

// Nothing can be frozen: only those that wait are looked at.
class Outgoing : public ::testing::Test, protected OutgoingPorts {
 protected:
  void pass(std::int64_t ns) {
    now_ns += ns;
    outgoing.tick(now_ns);
    outgoing.turn();
  }

  SnapshotOptions options;
  MonoNs now_ns = ns_per_s;
  std::vector<tenon_status> ends;
  OutgoingSnapshots outgoing{options, *this};

 private:
  Result<std::unique_ptr<FrozenState>> freeze(const RangeId&) override {
    return Error{Errc::internal, "it does not lead"};
  }
  void send_snapshot(NodeId, std::string&&) override {}
  void snapshot_sent(const RangeId&, NodeId, tenon_status status, std::uint64_t) override {
    ends.push_back(status);
  }
};

TEST_F(Outgoing, AMemberThatHasNoLinkIsGivenUpAndNotWaitedForForEver) {
  pass(0);
  outgoing.wanted(range, away);
  pass(options.give_up_after_ns);
  EXPECT_TRUE(ends.empty());
  pass(ns_per_s);
  EXPECT_EQ(ends, std::vector<tenon_status>{TENON_E_TIMEOUT});
  pass(2 * options.give_up_after_ns);
  EXPECT_EQ(ends.size(), 1u) << "it is told once";
}

TEST_F(Outgoing, AMemberWhoseLinkComesIsTakenUp) {
  pass(0);
  outgoing.wanted(range, away);
  pass(options.give_up_after_ns / 2);
  outgoing.on_peer(away, true);
  pass(0);
  EXPECT_EQ(ends, std::vector<tenon_status>{TENON_E_STATE}) << "it was tried to freeze the state";
}

}  // namespace
}  // namespace tenon::store
