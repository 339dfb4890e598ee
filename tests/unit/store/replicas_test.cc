#include "store/replicas.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "unit/store/damaged_pages.h"
#include "unit/store/test_store.h"

namespace tenon::store {
namespace {

using test::TestStore;
using Kind = Request::Kind;

class ReplicasTest : public ::testing::Test {
 protected:
  void start(ReplicasOptions options = {}) {
    store.reset();
    store = std::make_unique<TestStore>(dir.path(), "sqlite", options);
    store->run_until_it_leads();
  }

  tenon::test::TempDir dir;
  std::unique_ptr<TestStore> store;
};

TEST_F(ReplicasTest, ARangeWithoutALeaderTellsToAskElsewhere) {
  store = std::make_unique<TestStore>(dir.path());
  EXPECT_EQ(store->answer(store->append(1, 1, "put a 1")), "not_leader");
  EXPECT_EQ(store->answer(store->ask(Kind::query, "a")), "not_leader");
}

TEST_F(ReplicasTest, AnUnknownRangeIsSomebodyElses) {
  start();
  store->replicas().request({12345, 1}, Kind::query, {}, {NodeId::none, 99});
  EXPECT_EQ(store->answer(99), "not_leader");
}

TEST_F(ReplicasTest, NothingIsAnsweredBeforeItIsDurable) {
  start();
  const std::uint64_t id = store->append(1, 1, "put a 1");
  for (int i = 0; i < 10; ++i) store->turn();
  EXPECT_EQ(store->answer(id), "");
  store->persist();
  store->turn();
  EXPECT_EQ(store->answer(id), "done");
}

TEST_F(ReplicasTest, CommandsOfATurnAreAppliedInTheirOrderAndEachIsAnswered) {
  start();
  std::vector<std::uint64_t> ids;
  for (std::uint64_t i = 1; i <= 100; ++i) ids.push_back(store->append(1, i, "count"));
  store->run();
  for (std::size_t i = 0; i < ids.size(); ++i)
    EXPECT_EQ(store->answer(ids[i]), "done:" + std::to_string(i + 1));
}

TEST_F(ReplicasTest, ANumberThatWasUsedIsADuplicateAndAMissingOneAGap) {
  start();
  store->append(1, 1, "count");
  store->run();
  const std::uint64_t gap = store->append(1, 3, "count");
  store->run();
  const std::uint64_t again = store->append(1, 1, "count");
  const std::uint64_t other = store->append(2, 1, "count");
  store->run();
  EXPECT_EQ(store->answer(gap).substr(0, 3), "gap");
  EXPECT_EQ(store->answer(again), "duplicate");
  EXPECT_EQ(store->answer(other), "done:2");
}

std::vector<std::uint64_t> senders_of(const TestStore& store) {
  std::vector<std::uint64_t> senders;
  const Status read = store.replica().range().each_source([&](kv::SourceId source) {
    senders.push_back(static_cast<std::uint64_t>(source));
    return true;
  });
  EXPECT_TRUE(read.ok());
  return senders;
}

std::uint64_t sender(std::uint64_t node, std::uint64_t start, std::uint64_t drawn = 7) {
  return static_cast<std::uint64_t>(kv::make_source(NodeId{node}, start, drawn));
}

TEST_F(ReplicasTest, SendersOfEarlierStartsAreForgottenOnceTheirNodeIsBackAndNoOthers) {
  start();
  const std::vector<std::uint64_t> others{sender(8, 1), sender(9, 3)};
  for (const std::uint64_t one : {sender(9, 1), sender(9, 2), others[0], others[1]})
    store->append(one, 1, "count");
  store->run();
  ASSERT_EQ(senders_of(*store).size(), 4u);
  store->replicas().node_started(NodeId{9}, 3);
  store->pass_s(2);
  store->run();
  EXPECT_EQ(senders_of(*store), others);
  // The present one goes on where it was.
  const std::uint64_t next = store->append(others[1], 2, "count");
  store->run();
  EXPECT_EQ(store->answer(next), "done:5");
  store->replicas().node_started(NodeId{9}, 4);
  store->pass_s(2);
  store->run();
  EXPECT_EQ(senders_of(*store), std::vector{others[0]});
}

TEST_F(ReplicasTest, SendersThatAreForgottenStaySoBehindARestart) {
  start();
  store->append(sender(9, 1), 1, "count");
  store->run();
  store->replicas().node_started(NodeId{9}, 2);
  store->pass_s(2);
  store->run();
  ASSERT_TRUE(store->replicas().settle().ok());
  start();
  EXPECT_TRUE(senders_of(*store).empty());
}

TEST_F(ReplicasTest, ALeaderForgetsManySendersAPartAtATimeUntilNoneIsLeft) {
  start();
  store->machine().has_dues = false;
  constexpr std::uint64_t count = 2500;
  for (std::uint64_t drawn = 1; drawn <= count; ++drawn) store->append(sender(9, 1, drawn), 1, "count");
  store->run();
  ASSERT_EQ(senders_of(*store).size(), count);
  store->replicas().node_started(NodeId{9}, 2);
  store->pass_s(2);
  store->run();
  EXPECT_EQ(senders_of(*store).size(), count - 1000);
  for (int i = 0; i < 3; ++i) {
    store->pass_s(2);
    store->run();
  }
  EXPECT_TRUE(senders_of(*store).empty());
  // Nothing is left to be said.
  const std::uint64_t applied = store->replica().range().applied().index;
  store->pass_s(2);
  store->run();
  EXPECT_EQ(store->replica().range().applied().index, applied);
}

TEST_F(ReplicasTest, AnAppendThatIsUnderWayIsNotTakenAgainAndWhoAskedLastGetsItsAnswer) {
  start();
  const std::uint64_t first = store->append(1, 1, "count");
  const std::uint64_t early = store->append(1, 1, "count");
  store->turn();  // proposed
  const std::uint64_t last = store->append(1, 1, "count");
  EXPECT_EQ(store->pending, (std::vector<std::uint64_t>{early, last}));
  EXPECT_EQ(store->answer(last), "");
  store->run();
  EXPECT_EQ(store->answer(first), "");
  EXPECT_EQ(store->answer(early), "");
  EXPECT_EQ(store->answer(last), "done:1");
  const std::uint64_t behind = store->append(1, 1, "count");
  store->run();
  EXPECT_EQ(store->answer(behind), "duplicate");
  EXPECT_EQ(store->answer_of(Kind::query, "count"), "done:1");
}

TEST_F(ReplicasTest, AnAppendBehindAMissingOneIsToldSoAtOnceWhileOthersAreUnderWay) {
  start();
  store->append(1, 1, "count");
  const std::uint64_t gap = store->append(1, 3, "count");
  EXPECT_EQ(store->answer(gap), "gap");
  const std::uint64_t second = store->append(1, 2, "count");
  const std::uint64_t third = store->append(1, 3, "count");
  store->run();
  EXPECT_EQ(store->answer(second), "done:2");
  EXPECT_EQ(store->answer(third), "done:3");
}

TEST_F(ReplicasTest, AQuestionSeesAllThatWasAcknowledgedBefore) {
  start();
  const std::uint64_t put = store->append(1, 1, "put a 1");
  store->run();
  ASSERT_EQ(store->answer(put), "done");
  EXPECT_EQ(store->answer_of(Kind::query, "a"), "done:1");
  EXPECT_EQ(store->answer_of(Kind::glance, "a"), "done:1");
}

TEST_F(ReplicasTest, ACommandWithoutSenseIsRefusedAndTheOthersOfItsEntryAreNot) {
  start();
  const std::uint64_t before = store->append(1, 1, "put a 1");
  const std::uint64_t wrong = store->append(1, 2, "nonsense");
  const std::uint64_t newer = store->append(1, 3, "later");
  const std::uint64_t behind = store->append(1, 4, "put b 2");
  store->run();
  EXPECT_EQ(store->answer(before), "done");
  EXPECT_EQ(store->answer(wrong), "refused");
  EXPECT_EQ(store->answer(newer), "refused");
  EXPECT_EQ(store->answer(behind), "done");
}

TEST_F(ReplicasTest, ACommandOfANewerVersionIsNotProposedByAnOlderLeader) {
  start();
  const std::uint64_t before = store->replica().range().applied().index;
  EXPECT_EQ(store->answer(store->ask(Kind::command, "later")), "unsupported");
  // A numbered one uses its number up, by a command that says nothing.
  const std::uint64_t numbered = store->append(1, 1, "later");
  const std::uint64_t next = store->append(1, 2, "count");
  store->run();
  EXPECT_EQ(store->answer(numbered), "refused");
  EXPECT_EQ(store->answer(next), "done:1");
  EXPECT_GT(store->replica().range().applied().index, before);
  EXPECT_FALSE(store->replica().failed());
}

TEST_F(ReplicasTest, ACommandThatAMemberOfAnOlderVersionDoesNotKnowIsNotProposed) {
  start();
  kv::CommandVersions older;
  older.set(kv::CommandVersions::set_of(StoreId::meta), 1);
  store->replicas().node_knows(NodeId{8}, older);  // which is no member
  EXPECT_EQ(store->answer_of(Kind::command, "notify 5"), "done");
  store->replicas().node_knows(TestStore::self, older);
  EXPECT_EQ(store->answer(store->ask(Kind::command, "notify 5")), "unsupported");
  EXPECT_EQ(store->answer_of(Kind::command, "count"), "done:1");
  // A numbered one uses its number up, by a command that says nothing.
  const std::uint64_t numbered = store->append(1, 1, "notify 5");
  const std::uint64_t next = store->append(1, 2, "count");
  store->run();
  EXPECT_EQ(store->answer(numbered), "refused");
  EXPECT_EQ(store->answer(next), "done:2");
  EXPECT_EQ(store->notices.size(), 1u);
  // Once it was upgraded, the new command is for all.
  store->replicas().node_knows(TestStore::self, kv::CommandVersions());
  EXPECT_EQ(store->answer_of(Kind::command, "notify 5"), "done");
}

TEST_F(ReplicasTest, AnEntryOfAKindThatAMemberDoesNotKnowIsNotProposed) {
  start();
  kv::CommandVersions older;
  older.set(kv::CommandVersions::entries, 2);
  store->replicas().node_knows(TestStore::self, older);
  kv::Command many;
  many.kind = kv::Command::Kind::service_many;
  many.text = "count";
  many.key = "a";
  many.last_key = "b";
  store->replicas().request(store->range, Kind::command, many, {NodeId::none, 77});
  EXPECT_EQ(store->answer(77), "unsupported");
  many.source = kv::SourceId{1};
  many.sequence = 1;
  store->replicas().request(store->range, Kind::append, many, {NodeId::none, 78});
  const std::uint64_t next = store->append(1, 2, "count");
  store->run();
  EXPECT_EQ(store->answer(78), "refused");
  EXPECT_EQ(store->answer(next), "done:1");
}

TEST_F(ReplicasTest, NoticesAreHandedOutWhenTheyAreCommitted) {
  start();
  store->append(1, 1, "notify 9");
  store->turn();
  EXPECT_TRUE(store->notices.empty());
  store->run();
  EXPECT_EQ(store->notices, (std::vector<std::string>{"hello"}));
}

TEST_F(ReplicasTest, WhatIsDueIsProposedAboutEachSecond) {
  start();
  store->pass_s(2);
  store->run();
  EXPECT_EQ(store->answer_of(Kind::query, "due").substr(0, 5), "done:");
}

TEST_F(ReplicasTest, WhatWasAcknowledgedIsThereBehindACrashFlushedOrNot) {
  start();
  store->append(1, 1, "put a 1");
  store->run();
  const std::uint64_t first = store->replica().range().applied().index;
  store->pass_s(60);  // flushed and synced
  store->run();
  ASSERT_GE(store->replica().range().flushed().index, first);
  const std::uint64_t put = store->append(1, 2, "put b 2");
  store->run();
  ASSERT_EQ(store->answer(put), "done");
  EXPECT_TRUE(store->replica().dirty());
  start();
  EXPECT_EQ(store->caught_up_count, 1);
  EXPECT_EQ(store->answer_of(Kind::query, "a"), "done:1");
  EXPECT_EQ(store->answer_of(Kind::query, "b"), "done:2");
  // The sender's numbers, too.
  const std::uint64_t again = store->append(1, 2, "put b 3");
  store->run();
  EXPECT_EQ(store->answer(again), "duplicate");
}

TEST_F(ReplicasTest, CaughtUpIsToldOnceWhenAllThatWasAcknowledgedIsApplied) {
  start();
  const std::uint64_t id = store->append(1, 1, "count");
  store->run();
  const std::uint64_t acknowledged = store->answers.at(id).index;
  start();
  store->run(1000);
  ASSERT_EQ(store->caught_up_at.size(), 1u);
  EXPECT_GE(store->caught_up_at[0], acknowledged);
}

TEST_F(ReplicasTest, CaughtUpIsNotToldWithoutALeader) {
  store = std::make_unique<TestStore>(dir.path());
  for (int i = 0; i < 1000; ++i) store->turn();  // nothing is durable, and so nobody elected
  EXPECT_TRUE(store->caught_up_at.empty());
}

TEST_F(ReplicasTest, RoutesAreBehindWhenContactIsRenewedUntilAQuestionOfThenIsAnswered) {
  store = std::make_unique<TestStore>(dir.path(), "sqlite", ReplicasOptions{}, StoreId::dist);
  store->run_until_it_leads();
  store->run(1000);
  ASSERT_EQ(store->caught_up_count, 1);
  store->replicas().renew_contact();
  store->replicas().renew_contact();
  EXPECT_EQ(store->fell_behind_count, 2) << "whoever has given up to wait waits again";
  EXPECT_EQ(store->caught_up_count, 1);
  store->run(100);
  EXPECT_EQ(store->caught_up_count, 2);
}

TEST_F(ReplicasTest, WhatNothingIsMatchedWithIsNotBehindWhenContactIsRenewed) {
  start();
  store->run(1000);
  store->replicas().renew_contact();
  EXPECT_EQ(store->fell_behind_count, 0);
}

TEST_F(ReplicasTest, BehindASettledStopNothingIsReplayed) {
  start();
  for (std::uint64_t i = 1; i <= 10; ++i) store->append(1, i, "count");
  store->run();
  ASSERT_TRUE(store->replicas().settle().ok());
  EXPECT_FALSE(store->replica().dirty());
  const kv::LogPoint applied = store->replica().range().applied();
  store = std::make_unique<TestStore>(dir.path());
  EXPECT_EQ(store->replica().range().applied(), applied);
}

TEST_F(ReplicasTest, AReplicaThatHoldsMuchIsWrittenToItsEngineAtOnce) {
  ReplicasOptions options;
  options.overlay_bytes_max = 1000;
  start(options);
  store->append(1, 1, "put a " + std::string(2000, 'x'));
  store->run();
  EXPECT_FALSE(store->replica().dirty());
}

TEST_F(ReplicasTest, WhatAnEngineHasNoRoomForStaysInTheLogAndIsWrittenWhenThereIs) {
  start();
  store->run();
  store->disk().full_part = "/sqlite/";
  const std::uint64_t put = store->append(1, 1, "put a 1");
  store->run();
  EXPECT_EQ(store->answer(put), "done");
  const kv::LogPoint applied = store->replica().range().applied();
  store->pass_s(60);
  store->run();
  EXPECT_FALSE(store->failures.empty());
  EXPECT_FALSE(store->replica().failed());
  EXPECT_LT(store->replica().range().flushed().index, applied.index);
  EXPECT_EQ(store->answer_of(Kind::query, "a"), "done:1");
  store->disk().full_part.clear();
  store->pass_s(60);
  store->run();
  EXPECT_GE(store->replica().range().flushed().index, applied.index);
  start();
  EXPECT_EQ(store->answer_of(Kind::query, "a"), "done:1");
}

// A state that is sent away is read from the engine, under the name of what was applied.
TEST_F(ReplicasTest, WhatWasAppliedBehindAFlushThatFailedIsWrittenWithIt) {
  ReplicasOptions options;
  options.overlay_bytes_max = 1000;
  start(options);
  store->run();
  store->disk().full_part = "/sqlite/";
  store->append(1, 1, "put a " + std::string(2000, 'x'));
  store->run();
  ASSERT_FALSE(store->failures.empty());
  const std::uint64_t put = store->append(1, 2, "put b 2");
  store->run();
  ASSERT_EQ(store->answer(put), "done");
  store->disk().full_part.clear();
  EXPECT_TRUE(store->replicas().settle().ok());
  EXPECT_FALSE(store->replica().dirty());
}

TEST_F(ReplicasTest, AFullEngineIsTriedAgainAfterLongerAndLongerAndIsWellWhenItHasTakenAll) {
  ReplicasOptions options;
  options.flush_interval_ns = 2 * ns_per_s;
  start(options);
  store->disk().full_part = "/sqlite/";
  store->append(1, 1, "put a 1");
  store->run();
  const std::uint64_t put = store->replica().range().applied().index;
  const int before = store->disk().refused_count;
  store->pass_s(10);
  store->run(1000);  // ten seconds
  const int tries = store->disk().refused_count - before;
  EXPECT_GE(tries, 5);
  EXPECT_LE(tries, 12);
  EXPECT_EQ(store->failures.size(), 1u);  // the same each time is no news
  EXPECT_EQ(store->recovered_count, 0);
  store->disk().full_part.clear();
  store->run(600);
  EXPECT_EQ(store->recovered_count, 1);
  EXPECT_GE(store->replica().range().flushed().index, put);
  store->disk().full_part = "/sqlite/";
  store->append(1, 2, "put a 2");
  store->run(400);
  EXPECT_EQ(store->failures.size(), 2u);
  store->disk().full_part.clear();
  store->run(600);
  EXPECT_EQ(store->recovered_count, 2);
}

TEST_F(ReplicasTest, WhileAnEngineIsFullMemoryIsBoundedAndNothingThatWasAcknowledgedIsLost) {
  ReplicasOptions options;
  options.overlay_bytes_max = 10'000;
  options.held_bytes_max = 40'000;
  start(options);
  store->disk().full_part = "/sqlite/";
  const std::string big(1000, 'x');
  std::uint64_t sequence = 0;
  std::uint64_t id = 0;
  do {
    ++sequence;
    id = store->append(1, sequence, "put k" + std::to_string(sequence) + " " + big);
    store->run();
  } while (store->answer(id) == "done" && sequence < 1000);
  EXPECT_EQ(store->answer(id), "busy");
  EXPECT_GT(sequence, 20u);
  EXPECT_LT(store->replica().range().memory_bytes(), 50'000u);
  EXPECT_TRUE(store->replica().leads());
  store->disk().full_part.clear();
  store->run(600);
  const std::uint64_t again = store->append(1, sequence, "put last " + big);
  store->run();
  EXPECT_EQ(store->answer(again), "done");
  start(options);
  for (std::uint64_t number = 1; number < sequence; ++number)
    EXPECT_EQ(store->answer_of(Kind::query, "k" + std::to_string(number)), "done:" + big) << number;
}

TEST_F(ReplicasTest, WhatIsDueIsNotProposedAgainBehindWhatCanNotBeProposed) {
  start();
  const std::string big(1 << 20, 'x');
  std::uint64_t sequence = 0;
  while (store->replica().waiting_bytes() == 0 && sequence < 100) {
    store->append(1, ++sequence, "put a " + big);
    store->turn();  // nothing is durable, and so nothing is committed
  }
  const std::size_t waiting = store->replica().waiting_bytes();
  ASSERT_GT(waiting, 0u);
  for (int second = 0; second < 100; ++second) {
    store->pass_s(1);
    store->turn();
  }
  EXPECT_EQ(store->replica().waiting_bytes(), waiting);
  store->run(20);
  EXPECT_EQ(store->replica().waiting_bytes(), 0u);
  store->pass_s(1);
  store->run();
  EXPECT_EQ(store->answer_of(Kind::query, "due").substr(0, 5), "done:");
}

TEST_F(ReplicasTest, WhatIsDueIsNotProposedWhileTheEngineIsFull) {
  ReplicasOptions options;
  options.overlay_bytes_max = 10'000;
  options.held_bytes_max = 40'000;
  start(options);
  store->disk().full_part = "/sqlite/";
  std::uint64_t id = 0;
  std::uint64_t sequence = 0;
  do {
    ++sequence;
    id = store->append(1, sequence, "put k" + std::to_string(sequence) + " " + std::string(1000, 'x'));
    store->run();
  } while (store->answer(id) == "done" && sequence < 1000);
  ASSERT_EQ(store->answer(id), "busy");
  const std::size_t waiting = store->replica().waiting_bytes();
  for (int second = 0; second < 100; ++second) {
    store->pass_s(1);
    store->run(1);
  }
  EXPECT_EQ(store->replica().waiting_bytes(), waiting);
}

TEST_F(ReplicasTest, AReplicaSleepsWhenAllIsInTheEngineAndWakesWithTheNextCommand) {
  start();
  store->machine().has_dues = false;
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    store->append(1, sequence, "count");
    store->run();
    EXPECT_TRUE(store->replica().is_awake());
    store->pass_s(15);
    store->run();
    EXPECT_FALSE(store->replica().is_awake());
    EXPECT_EQ(store->replica().range().flushed(), store->replica().range().applied());
  }
}

TEST_F(ReplicasTest, TheLogIsCutBehindWhatTheEngineHasMadeDurable) {
  start();
  std::uint64_t sequence = 0;
  const auto write = [&](int entries) {
    for (int i = 0; i < entries; ++i) {
      store->append(1, ++sequence, "count");
      store->run(1);
    }
    store->run();
  };
  write(1000);
  store->pass_s(60);
  store->run();
  const kv::LogPoint durable = store->replica().range().flushed();
  EXPECT_EQ(store->compacted, kv::LogPoint{});  // a member that was away for a moment may want them
  write(5000);
  store->pass_s(60);
  store->run();
  EXPECT_GE(store->compacted.index, durable.index);
  EXPECT_LT(store->compacted.index, store->replica().range().applied().index);
  start();
  EXPECT_EQ(store->answer_of(Kind::query, "count"), "done:6000");
}

TEST_F(ReplicasTest, AReplicaWhoseStateCanNotBeReadTakesPartInNothingAnyMore) {
  start();
  const std::uint64_t before = store->append(1, 1, "put a 1");
  store->run();
  ASSERT_EQ(store->answer(before), "done");
  const std::uint64_t broken = store->append(1, 2, "fail");
  store->run();
  EXPECT_EQ(store->failures.size(), 1u);
  EXPECT_TRUE(store->replica().failed());
  EXPECT_NE(store->answer(broken), "done");
  EXPECT_NE(store->answer(broken), "");
  EXPECT_EQ(store->answer_of(Kind::query, "a"), "not_leader");
  EXPECT_EQ(store->answer(store->append(1, 3, "put b 1")), "not_leader");
  store->pass_s(60);
  store->run();
  EXPECT_TRUE(store->replicas().settle().ok());
}

TEST_F(ReplicasTest, DamageThatAFlushMeetsEndsItsReplicaAndOthersOfTheEngineAreWritten) {
  ReplicasOptions options;
  options.log_keeping.entries = 0;
  const auto open = [&] {
    store.reset();
    store = std::make_unique<TestStore>(dir.path(), "sqlite", options, StoreId::meta,
                                        std::vector<std::string>{"m"});
    for (const RangeId& id : store->ranges) {
      store->range = id;
      store->run_until_it_leads();
    }
  };
  const std::string letters[] = {"a", "z"};
  const auto write_to_both = [&](std::uint64_t begin, std::uint64_t end) {
    for (std::size_t which = 0; which < 2; ++which) {
      store->range = store->ranges.at(which);
      for (std::uint64_t i = begin; i < end; ++i) {
        const std::string key = letters[which] + std::to_string(i % 200);
        store->append(1, i + 1, "put " + key + " " + std::to_string(i) + std::string(300, letters[which][0]));
      }
      store->run();
    }
  };
  open();
  ASSERT_EQ(store->ranges.size(), 2u);
  write_to_both(0, 200);
  ASSERT_TRUE(store->replicas().settle().ok());
  open();
  // One in the midst of the rows of the first range, which no other one has rows on.
  const test::DamagedPages pages(dir.path() + "/sqlite/engine.db", "150" + std::string(100, 'a'));
  write_to_both(200, 400);
  const Replica& damaged = *store->replicas().find(store->ranges[0]);
  const Replica& other = *store->replicas().find(store->ranges[1]);
  const std::uint64_t written = other.range().applied().index;
  for (int i = 0; i < 3; ++i) {
    store->pass_s(60);
    store->run();
  }
  EXPECT_TRUE(damaged.failed());
  EXPECT_EQ(store->failures.size(), 1u);
  EXPECT_FALSE(store->replicas().has_failing());
  EXPECT_FALSE(other.failed());
  EXPECT_GE(other.range().flushed().index, written);
  EXPECT_GE(store->compacted.index, written);  // as the engine was synced
  EXPECT_TRUE(store->replicas().settle().ok());
}

TEST_F(ReplicasTest, AQuestionThatMeetsABrokenDiskEndsTheReplicaAndEachQuestionIsAnsweredOnce) {
  start();
  const std::vector<std::uint64_t> questions{store->ask(Kind::query, "a"), store->ask(Kind::query, "fail"),
                                             store->ask(Kind::query, "fail"), store->ask(Kind::query, "a")};
  store->run();
  EXPECT_EQ(store->failures.size(), 1u);
  EXPECT_TRUE(store->replica().failed());
  EXPECT_EQ(store->answer(questions[0]), "done:none");
  for (std::size_t i = 1; i < questions.size(); ++i)
    EXPECT_EQ(store->answer(questions[i]), "not_leader") << i;
}

TEST_F(ReplicasTest, AReplicaWhoseLogIsDamagedLeavesBeforeTheRestOfTheWriteCountsAsDurable) {
  start();
  const std::uint64_t lost = store->append(1, 1, "put a 1");
  for (int i = 0; i < 10; ++i) store->turn();
  store->replicas().log_damaged(store->replica().id(), "a page can't be read");
  store->replicas().log_damaged({12345, 1}, "of a group that is gone already");
  store->persist();
  store->run();
  EXPECT_EQ(store->failures, std::vector<std::string>{"a page can't be read"});
  EXPECT_TRUE(store->replica().failed());
  EXPECT_NE(store->answer(lost), "done");
  EXPECT_EQ(store->answer_of(Kind::query, "a"), "not_leader");
}

TEST_F(ReplicasTest, MoreThanMayWaitIsRefusedUntilThereIsRoom) {
  start();
  const std::string big(1 << 20, 'x');
  std::uint64_t sequence = 0;
  std::uint64_t id = 0;
  std::size_t taken = 0;
  do {
    id = store->append(1, ++sequence, "put a " + big);
  } while (store->answer(id).empty() && ++taken < 1000);
  EXPECT_EQ(store->answer(id), "busy");
  EXPECT_GE(taken, 30u);
  store->run(20);
  const std::uint64_t later = store->append(1, sequence, "put a 1");
  store->run();
  EXPECT_EQ(store->answer(later), "done");
}

}  // namespace
}  // namespace tenon::store
