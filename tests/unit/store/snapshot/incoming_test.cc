#include "store/snapshot/incoming.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "unit/store/snapshot/frozen_rows.h"

namespace tenon::store::test {
namespace {

using Kind = SnapshotMessage::Kind;

constexpr NodeId sender{1};

class Incoming : public ::testing::Test, protected IncomingPorts {
 protected:
  // What is answered to a chunk; empty: nothing.
  std::optional<std::pair<Kind, std::uint64_t>> on_chunk(std::uint64_t transfer, std::uint64_t number) {
    answer_.reset();
    incoming_.on_chunk(sender, {Kind::chunk, FrozenRows::range, transfer, number, chunks_.at(number)});
    return answer_;
  }
  static std::pair<Kind, std::uint64_t> wants(std::uint64_t number) { return {Kind::wanted, number}; }
  void link_anew() { incoming_.on_peer(sender); }

 private:
  void SetUp() override {
    const auto frozen = rows_.freeze();
    for (std::uint64_t number = 0; !frozen->writer().is_complete(); ++number)
      chunks_.push_back(frozen->writer().chunk(number).value());
  }
  Engine* engine_of(const RangeId&) override { return &rows_.engine(); }
  std::uint64_t held_index(const RangeId&) override { return 0; }
  Installed install(const kv::RangeRecord&) override { return Installed::done; }
  void send_snapshot(NodeId, std::string&& body) override {
    const SnapshotMessage message = read_snapshot_message(body).value();
    answer_ = {message.kind, message.number};
  }
  void staging_failed(const RangeId&, const std::string& why) override { ADD_FAILURE() << why; }

  FrozenRows rows_{3};
  std::vector<std::string> chunks_;
  std::optional<std::pair<Kind, std::uint64_t>> answer_;
  IncomingSnapshots incoming_{SnapshotOptions{}, *this};
};

TEST_F(Incoming, ALateCopyOfATransferThatHasEndedDoesNotDisturbTheNextOne) {
  EXPECT_EQ(on_chunk(1, 0), wants(1));
  EXPECT_EQ(on_chunk(2, 0), wants(1)) << "another one replaces it";
  EXPECT_EQ(on_chunk(2, 1), wants(2));
  EXPECT_EQ(on_chunk(1, 0), std::nullopt);
  EXPECT_EQ(on_chunk(1, 1), std::nullopt);
  EXPECT_EQ(on_chunk(2, 2), wants(3)) << "it goes on where it was";
}

TEST_F(Incoming, ASenderThatWasStartedAnewCountsAnew) {
  EXPECT_EQ(on_chunk(7, 0), wants(1));
  link_anew();
  EXPECT_EQ(on_chunk(1, 0), wants(1));
  EXPECT_EQ(on_chunk(1, 1), wants(2));
}

TEST_F(Incoming, ATransferThatGoesOnOverAnotherLinkIsTheOneOfThatLink) {
  EXPECT_EQ(on_chunk(7, 0), wants(1));
  link_anew();
  EXPECT_EQ(on_chunk(7, 1), wants(2));
  EXPECT_EQ(on_chunk(1, 0), std::nullopt);
  EXPECT_EQ(on_chunk(7, 2), wants(3));
}

}  // namespace
}  // namespace tenon::store::test
