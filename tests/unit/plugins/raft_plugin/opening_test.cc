#include "driver/opening.h"

#include <gtest/gtest.h>

#include <string>
#include <tenon/bytes.hpp>
#include <tenon/failure.hpp>

#include "memory_journal.h"
#include "test_node.h"
#include "wire/hard_state_codec.h"

namespace tenon::raft {
namespace {

using test::Members;
using test::MemoryJournal;

constexpr tenon_group_id group{7, 2};

class Opening : public ::testing::Test {
 protected:
  raft::Opening open(tenon_log_point applied, const Members& members, const std::string& hard_state = {},
                     std::uint64_t self = 1) {
    const tenon_membership membership = members.view();
    tenon_group_open open{};
    open.struct_size = sizeof open;
    open.flags = flags_;
    open.id = group;
    open.applied = applied;
    open.membership = &membership;
    open.hard_state = sdk::abi(std::string_view(hard_state));
    return plan_opening(open, NodeId{self}, reader_);
  }
  std::string refusal(tenon_log_point applied, const Members& members, const std::string& hard_state = {}) {
    try {
      open(applied, members, hard_state);
    } catch (const sdk::Failure& failure) {
      EXPECT_EQ(failure.status(), TENON_E_INVALID);
      return failure.what();
    }
    return "taken";
  }
  // The journal holds a log with entries base + 1 .. last, all of one term.
  void journal_has(tenon_log_point base, std::uint64_t last, std::uint64_t term) {
    std::vector<tenon_log_entry> entries;
    for (std::uint64_t index = base.index + 1; index <= last; ++index)
      entries.push_back({{index, term}, TENON_ENTRY_DATA, 0, {}});
    tenon_log_write write{};
    write.group = group;
    write.flags = TENON_LOG_SET_BASE;
    write.base = base;
    write.entries = entries.data();
    write.entry_count = static_cast<std::uint32_t>(entries.size());
    journal_.queue(&write, 1);
    journal_.persist();
  }

  std::uint32_t flags_ = 0;
  MemoryJournal journal_;
  JournalReader reader_{MemoryJournal::table(), journal_.handle(), group};
};

const std::string hard_state = encode_hard_state({{5, NodeId{2}, 12, 0}, 4});

TEST_F(Opening, AFounderBeginsWithTheMembershipAsItsFirstEntry) {
  const raft::Opening opening = open({0, 0}, {{1, 2, 3}});
  EXPECT_EQ(opening.start.applied, 0u);
  EXPECT_EQ(opening.start.hard_state, (HardState{1, NodeId::none, 1, 2}));
  ASSERT_TRUE(opening.first_write);
  EXPECT_FALSE(opening.first_write->set_base);
  ASSERT_EQ(opening.first_write->entries.size(), 1u);
  EXPECT_EQ(opening.first_write->entries[0].kind, EntryKind::configuration);
  EXPECT_EQ(reader_.base(), SnapshotMeta{});
  EXPECT_EQ(reader_.last_index(), 1u);
  EXPECT_EQ(reader_.term(1), Term{1});
}

TEST_F(Opening, AMemberThatNeedsAStateHasNeitherStateNorLog) {
  flags_ = TENON_GROUP_NEEDS_STATE;
  EXPECT_TRUE(open({0, 0}, {}).start.needs_state);
  EXPECT_NE(refusal({7, 2}, {{1, 2}}), "taken");
  journal_has({0, 0}, 3, 1);
  EXPECT_NE(refusal({0, 0}, {}, hard_state), "taken");
}

TEST_F(Opening, AMemberThatIsNoFounderBeginsEmpty) {
  for (const Members& members : {Members{}, Members{{1, 2}, {}, {3}}}) {
    const raft::Opening opening = open({0, 0}, members, {}, 3);
    EXPECT_FALSE(opening.first_write);
    EXPECT_EQ(opening.start.hard_state.term, 0u);
    EXPECT_EQ(reader_.last_index(), 0u);
  }
}

TEST_F(Opening, ANewGroupWithAStateBeginsBehindIt) {
  const raft::Opening opening = open({10, 3}, {{1, 2, 3}});
  ASSERT_TRUE(opening.first_write);
  EXPECT_TRUE(opening.first_write->set_base);
  EXPECT_EQ(opening.start.applied, 10u);
  EXPECT_EQ(opening.start.hard_state, (HardState{3, NodeId::none, 10, 2}));
  EXPECT_EQ(reader_.base().index, 10u);
  EXPECT_EQ(reader_.last_index(), 10u);
}

TEST_F(Opening, AKnownLogGoesOn) {
  journal_has({8, 4}, 14, 5);
  const raft::Opening opening = open({13, 5}, {{1, 2, 3}}, hard_state);
  EXPECT_FALSE(opening.first_write);
  EXPECT_EQ(opening.start.hard_state, (HardState{5, NodeId{2}, 13, 2}));
  EXPECT_EQ(opening.start.applied, 13u);
  EXPECT_EQ(reader_.base().index, 8u);
  EXPECT_EQ(reader_.base().configuration.epoch, 4u);
  EXPECT_EQ(reader_.last_index(), 14u);
}

TEST_F(Opening, AStateBeyondTheLogMakesItBeginThere) {
  journal_has({8, 4}, 14, 5);
  const raft::Opening opening = open({20, 6}, {{1, 2, 3}}, hard_state);
  ASSERT_TRUE(opening.first_write);
  EXPECT_TRUE(opening.first_write->set_base);
  EXPECT_EQ(opening.start.hard_state, (HardState{6, NodeId::none, 20, 2}));
}

TEST_F(Opening, AStateInPlaceOfUncommittedEntriesMakesTheLogBeginThere) {
  journal_has({8, 4}, 14, 4);
  const raft::Opening opening = open({13, 5}, {{1, 2, 3}}, hard_state);
  ASSERT_TRUE(opening.first_write);
  EXPECT_EQ(reader_.last_index(), 13u);
}

// Paper figure 8: the uncommitted entry is of a later term than the committed one that came with the state.
TEST_F(Opening, AStateInPlaceOfUncommittedEntriesOfALaterTermMakesTheLogBeginThere) {
  journal_has({8, 4}, 14, 5);
  const raft::Opening opening = open({13, 4}, {{1, 2, 3}}, hard_state);
  ASSERT_TRUE(opening.first_write);
  EXPECT_TRUE(opening.first_write->set_base);
  EXPECT_EQ(opening.start.hard_state, (HardState{5, NodeId{2}, 13, 2}));
  EXPECT_EQ(reader_.last_index(), 13u);
}

TEST_F(Opening, WhatContradictsTheJournalIsRefused) {
  EXPECT_EQ(refusal({0, 0}, {{1, 2, 3}}, hard_state),
            "there is a hard state but the journal does not know the group");
  EXPECT_EQ(refusal({4, 1}, {}), "the state holds index 4 of term 1 but comes without a membership");
  EXPECT_EQ(refusal({0, 0}, {{1, 1}}), "the membership names a node twice, or node 0, or has no voter");
  journal_has({8, 4}, 14, 5);
  EXPECT_EQ(refusal({13, 5}, {{1, 2, 3}}, "what"), "the hard state is of another format");
  EXPECT_EQ(refusal({7, 4}, {{1, 2, 3}}, hard_state),
            "the state holds index 7 of term 4 but the log begins after index 8 of term 4");
  EXPECT_EQ(refusal({12, 4}, {{1, 2, 3}}, hard_state),
            "the state holds index 12 of term 4, the log has term 5 there");
  EXPECT_EQ(refusal({12, 6}, {{1, 2, 3}}, hard_state),
            "the state holds index 12 of term 6, the log has term 5 there");
  EXPECT_EQ(refusal({8, 5}, {{1, 2, 3}}, hard_state),
            "the state holds index 8 of term 5, the log has term 4 there");
}

}  // namespace
}  // namespace tenon::raft
