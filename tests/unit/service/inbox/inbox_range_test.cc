#include <memory>

#include "inbox/random_ops.h"
#include "kv/range.h"
#include "map_state.h"
#include "service/inbox/inbox_machine.h"
#include "unit/kv/fake_engine.h"

namespace tenon::service::inbox {
namespace {

// A replica of an inbox range: what is in its engine, and the log that brings it forward after a crash.
class Replica {
 public:
  Replica() {
    record_.id = {1, 1};
    record_.descriptor.store = kv::StoreId::inbox;
    record_.descriptor.members.voters = {kv::NodeId{1}};
    open(record_);
  }
  std::vector<std::string> apply(std::string payload) {
    log_.push_back(std::move(payload));
    results_.push_back(apply_next());
    return results_.back();
  }
  void flush() {
    engine_.write(range_->begin_flush());
    range_->end_flush();
  }
  void crash() {
    const auto record = engine_.records.items.find(kv::range_key(record_.id));
    open(record == engine_.records.items.end() ? record_ : kv::decode_range_record(record->second).value());
    while (range_->applied().index < log_.size()) {
      const std::size_t index = range_->applied().index;
      EXPECT_EQ(apply_next(), results_[index]) << "entry " << index + 1;
    }
  }
  const kv::Items& items() const { return engine_.state.items; }
  std::vector<std::string> due(UnixMs now_ms) {
    std::vector<std::string> commands;
    range_->due(now_ms, commands);
    return commands;
  }

 private:
  void open(const kv::RangeRecord& record) {
    range_ = std::make_unique<kv::Range>(record, engine_.state, engine_.sources,
                                         std::make_unique<InboxMachine>(log_.size()));
    EXPECT_TRUE(range_->load().ok());
  }
  std::vector<std::string> apply_next() {
    const std::uint64_t index = range_->applied().index + 1;
    const auto applied = range_->apply({index, 1}, log_[index - 1]);
    EXPECT_TRUE(applied.ok()) << (applied.ok() ? "" : applied.error().message);
    std::vector<std::string> texts;
    if (!applied.ok()) return texts;
    for (const kv::CommandResult& result : applied->results)
      texts.push_back(std::to_string(static_cast<int>(result.outcome)) + result.reply);
    for (const kv::Notice& notice : applied->notices) texts.push_back(notice.text);
    return texts;
  }

  kv::FakeEngine engine_;
  kv::RangeRecord record_;
  std::vector<std::string> log_;
  std::vector<std::vector<std::string>> results_;
  std::unique_ptr<kv::Range> range_;
};

class InboxRange : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  // An entry of a few commands, each of a few ops.
  std::string some_entry() {
    kv::EntryBuilder entry;
    for (std::uint64_t i = ops.random.below(3); i < 3; ++i) {
      CommandBuilder command;
      for (std::uint64_t j = ops.random.below(4); j < 4; ++j) ops.add_one(command);
      const std::string text = command.take();
      entry.add({kv::Command::Kind::service, kv::SourceId::none, 0, text});
    }
    return entry.take(now_ms);
  }
  RandomOps ops{GetParam()};
  UnixMs now_ms = 1'000;
};

TEST_P(InboxRange, ReplicasThatFlushAndCrashAtDifferentTimesAreEqual_INV_C1) {
  Replica one, two;
  for (int step = 0; step < 600 && !HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    now_ms += static_cast<UnixMs>(ops.random.below(1000));
    std::vector<std::string> entries{some_entry()};
    for (const std::string& due : one.due(now_ms)) {
      kv::EntryBuilder entry;
      entry.add({kv::Command::Kind::service, kv::SourceId::none, 0, due});
      entries.push_back(entry.take(now_ms));
    }
    for (const std::string& entry : entries) ASSERT_EQ(one.apply(entry), two.apply(entry));
    for (Replica* replica : {&one, &two}) {
      if (ops.random.percent(10)) replica->flush();
      if (ops.random.percent(5)) replica->crash();
    }
    const auto due = one.due(now_ms + 5000).empty();
    EXPECT_EQ(due, two.due(now_ms + 5000).empty());
    if (step % 50 != 0) continue;
    one.flush();
    two.flush();
    ASSERT_EQ(one.items(), two.items());
  }
}

// All but Append, whose senders number their commands.
TEST_P(InboxRange, CommandsGivenTwiceDoNoHarm) {
  Replica once, twice;
  kv::EntryBuilder entry;
  const auto give = [&](const std::string& text, int times) {
    for (int i = 0; i < times; ++i) {
      entry.add({kv::Command::Kind::service, kv::SourceId::none, 0, text});
      const std::string payload = entry.take(now_ms);
      twice.apply(payload);
      if (i == 0) once.apply(payload);
    }
  };
  for (int step = 0; step < 300; ++step) {
    now_ms += static_cast<UnixMs>(ops.random.below(1000));
    const Held held{{"", "a"}, 1, 1 + ops.random.below(3)};
    const std::uint64_t number = ops.random.below(9);
    CommandBuilder command;
    command.add(Append{{}, {100, 1000}, {{held.owner, 1, mqtt::QoS::exactly_once, false, {}}}});
    give(command.take(), 1);
    if (ops.random.percent(20))
      command.add(Attach{held.owner, 1, false, 60, {kv::NodeId{1}, 1, ops.random.next()}, {}});
    command.add(Sent{held, number});
    command.add(Acknowledge{held, {number}});
    command.add(Release{held, {number + 1}});
    command.add(Received{held, {static_cast<std::uint16_t>(number)}, {4}});
    command.add(PutSubscription{held, "a", {}, 10});
    command.add(Tick{held.owner});
    give(command.take(), 2);
    if (ops.random.percent(20)) command.add(Detach{held, 60, WillFate::keep});
    command.add(NodeGone{kv::NodeId{2}, 1, "", 10});
    give(command.take(), 2);
  }
  once.flush();
  twice.flush();
  EXPECT_EQ(once.items(), twice.items());
  EXPECT_GT(once.items().size(), 100u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, InboxRange, ::testing::Range<std::uint64_t>(1, 7));

}  // namespace
}  // namespace tenon::service::inbox
