// The state of a range that somebody reads from outside, chunk by chunk.
#include "store/backup/exports.h"

#include <gtest/gtest.h>

#include "kv/snapshot/receiver.h"
#include "test_cluster.h"

namespace tenon::store::test {
namespace {

class KeptRows final : public kv::SnapshotStaging {
 public:
  Status begin(const kv::RangeRecord&) override { return {}; }
  Status stage(kv::SnapshotSpace space, std::span<const kv::SnapshotRow> rows) override {
    if (space != kv::SnapshotSpace::state) return {};
    for (const kv::SnapshotRow& row : rows) values[std::string(row.key)] = row.value;
    return {};
  }
  std::map<std::string, std::string> values;
};

class ExportsTest : public ::testing::Test {
 protected:
  ExportsTest() {
    cluster.write_many(200);
    leader = cluster.await_leader();
  }
  Answer ask(std::uint64_t reader, std::uint64_t chunk) {
    return exports.answer(cluster.range(), write_export_question({reader, chunk}), now_ns);
  }
  // All chunks from 0 on; `between` is called behind the first.
  std::map<std::string, std::string> read(std::uint64_t reader, const std::function<void()>& between = {}) {
    KeptRows rows;
    kv::SnapshotReceiver receiver(cluster.range(), rows);
    while (!receiver.is_complete()) {
      const Answer answer = ask(reader, receiver.next());
      EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
      if (answer.code != AnswerCode::done || !receiver.take(answer.text).ok()) break;
      if (receiver.next() == 1 && between) between();
    }
    EXPECT_TRUE(receiver.is_complete());
    return rows.values;
  }

  TestCluster cluster{"sqlite"};
  std::size_t leader = 0;
  MonoNs now_ns = ns_per_s;
  Exports exports{
      [this](const RangeId& range) { return cluster.node(leader).replicas().freeze_state(range); }};
};

TEST_F(ExportsTest, TheStateIsThatOfItsFirstChunkWhateverIsWrittenMeanwhile) {
  const auto quiet = read(1);
  EXPECT_GE(quiet.size(), 200u);
  const auto written = read(2, [this] { cluster.write_many(50, 0, "other"); });
  EXPECT_EQ(written, quiet);
  EXPECT_NE(read(3), quiet) << "the next one has what was written";
}

TEST_F(ExportsTest, AChunkMayBeAskedForAgain) {
  const Answer head = ask(1, 0);
  const Answer first = ask(1, 1);
  EXPECT_EQ(ask(1, 1).text, first.text);
  EXPECT_NE(head.text, first.text);
  EXPECT_EQ(ask(1, 5).code, AnswerCode::refused) << "not one that is behind the next";
}

TEST_F(ExportsTest, TooManyAtOnceAreRefusedUntilOneIsOver) {
  EXPECT_EQ(ask(1, 0).code, AnswerCode::done);
  EXPECT_EQ(ask(2, 0).code, AnswerCode::done);
  EXPECT_EQ(ask(3, 0).code, AnswerCode::refused);
  EXPECT_EQ(ask(1, 0).code, AnswerCode::done) << "one that begins anew takes no further place";
  now_ns += Exports::patience_ns + 1;
  exports.tick(now_ns);
  EXPECT_EQ(exports.size(), 0u);
  EXPECT_EQ(ask(3, 0).code, AnswerCode::done);
}

TEST_F(ExportsTest, AStateThatNobodyReadsOnIsNotKept) {
  ask(1, 0);
  now_ns += Exports::patience_ns + 1;
  exports.tick(now_ns);
  const Answer late = ask(1, 1);
  EXPECT_EQ(late.code, AnswerCode::refused);
  EXPECT_NE(late.text.find("not kept any more"), std::string::npos);
}

TEST_F(ExportsTest, ANodeThatDoesNotLeadGivesNothing) {
  leader = (leader + 1) % 3;
  EXPECT_EQ(ask(1, 0).code, AnswerCode::refused);
  EXPECT_EQ(exports.size(), 0u);
}

TEST_F(ExportsTest, AQuestionThatMakesNoSenseIsRefused) {
  EXPECT_EQ(exports.answer(cluster.range(), "x", now_ns).code, AnswerCode::refused);
  EXPECT_FALSE(read_export_question(write_export_question({0, 1})).has_value());
}

}  // namespace
}  // namespace tenon::store::test
