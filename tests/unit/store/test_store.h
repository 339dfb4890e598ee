#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/founding.h"
#include "store/replicas.h"
#include "unit/kv/text_machine.h"
#include "unit/store/plugins_under_test.h"

namespace tenon::store::test {

// The replicas of a node that is alone, with one range of words (kv::TextMachine) and one more for each split
// key, over real plugins; driven by hand. What goes to the journal is written at once and called durable by
// persist().
class TestStore final : public ReplicaPorts {
 public:
  explicit TestStore(const std::string& directory, const std::string& storage = "sqlite",
                     ReplicasOptions options = {}, StoreId of = StoreId::meta,
                     const std::vector<std::string>& split_keys = {})
      : plugins_(directory, storage), of_(of) {
    options.self = self;
    options.seed = 1;
    replication_ = plugins_.replication();
    replicas_ = std::make_unique<Replicas>(options, replication_, plugins_.journal(), *this, [this](StoreId) {
      auto machine = std::make_unique<kv::TextMachine>();
      machine_ = machine.get();
      return machine;
    });
    join(split_keys);
  }
  // As a crash does: nothing is settled.
  ~TestStore() { replicas_.reset(); }

  // Sends a command of the sender `source`, or one without a number.
  std::uint64_t append(std::uint64_t source, std::uint64_t sequence, std::string_view text) {
    kv::Command command;
    command.source = kv::SourceId{source};
    command.sequence = sequence;
    command.text = text;
    return request(Request::Kind::append, command);
  }
  std::uint64_t ask(Request::Kind kind, std::string_view text) {
    kv::Command command;
    command.text = text;
    return request(kind, command);
  }
  // One turn; what it wrote is not called durable.
  void turn() {
    replicas_->tick(now_ns_ += 10 * ns_per_ms, unix_ms_ += 10);
    while (replicas_->turn()) {
    }
  }
  void persist() {
    if (written_ > persisted_) replicas_->persisted(persisted_ = written_);
  }
  void run(int turns = 3) {
    for (int i = 0; i < turns; ++i) {
      turn();
      persist();
    }
  }
  void run_until_it_leads() {
    for (int i = 0; i < 10'000 && !replica().leads(); ++i) run(1);
    ASSERT_TRUE(replica().leads());
    run();
  }
  // "CODE" or "CODE:REPLY"; empty: not answered.
  std::string answer(std::uint64_t id) const {
    const auto found = answers.find(id);
    if (found == answers.end()) return {};
    static constexpr const char* names[] = {
        "done", "duplicate", "refused",     "unsupported", "timed_out", "not_leader", "lost",
        "gap",  "busy",      "wrong_range", "stale",       "pending",   "not_done"};
    std::string text = names[static_cast<std::size_t>(found->second.code)];
    if (!found->second.text.empty()) text += ":" + found->second.text;
    return text;
  }
  std::string answer_of(Request::Kind kind, std::string_view text) {
    const std::uint64_t id = ask(kind, text);
    run();
    return answer(id);
  }

  const Replica& replica() const { return *replicas_->find(range); }
  Replicas& replicas() { return *replicas_; }
  kv::TextMachine& machine() { return *machine_; }
  Engine& engine() { return plugins_.engine(); }
  UnsyncedDisk& disk() { return plugins_.disk(); }
  void pass_s(std::int64_t seconds) {
    now_ns_ += seconds * ns_per_s;
    unix_ms_ += seconds * 1000;
  }

  // ReplicaPorts
  std::uint64_t append(std::span<const tenon_log_write> writes) override {
    std::string why;
    EXPECT_EQ(plugins_.journal().write(writes, why), TENON_OK) << why;
    return ++written_;
  }
  void compact(const RangeId& of, const kv::LogPoint& base) override {
    if (of == range) compacted = base;
    const Status cut = plugins_.journal().compact({of.number, of.incarnation}, {base.index, base.term});
    EXPECT_TRUE(cut.ok()) << cut.error().message;
  }
  void send(std::span<const tenon_peer_message> messages) override { sent += messages.size(); }
  void send_snapshot(NodeId, std::string&&) override { ++sent; }
  void answer(const ReplyTo& to, Answer&& answer) override {
    if (answer.code == AnswerCode::pending) return pending.push_back(to.id);
    EXPECT_TRUE(answers.emplace(to.id, std::move(answer)).second) << "answered twice";
  }
  void notify(const kv::Notice& notice) override { notices.push_back(notice.text); }
  void leader_changed(const RangeId&, NodeId leader) override { leaders.push_back(leader); }
  void caught_up(const RangeId&) override {
    caught_up_at.push_back(replica().range().applied().index);
    ++caught_up_count;
  }
  void fell_behind(const RangeId&) override { ++fell_behind_count; }
  void engine_failed(const std::string&, const std::string& why) override { failures.push_back(why); }
  void engine_recovered(const std::string&) override { ++recovered_count; }
  void replica_failed(const RangeId&, const std::string& why) override { failures.push_back(why); }

  static constexpr NodeId self{5};
  RangeId range;  // that the calls above are about; at first the leftmost one
  std::vector<RangeId> ranges;
  std::map<std::uint64_t, Answer> answers;
  std::vector<std::uint64_t> pending;  // who was told that it is under way
  std::vector<std::string> notices;
  std::vector<NodeId> leaders;
  std::vector<std::string> failures;
  std::vector<std::uint64_t> caught_up_at;  // what was applied then
  kv::LogPoint compacted;
  std::size_t sent = 0;
  int caught_up_count = 0;
  int fell_behind_count = 0;
  int recovered_count = 0;

 private:
  void join(const std::vector<std::string>& split_keys) {
    std::map<RangeId, std::string> hard_states;
    Status status = plugins_.journal().groups([&](const tenon_log_group& group) {
      hard_states[{group.id.range, group.id.incarnation}] = to_text(group.hard_state);
    });
    EXPECT_TRUE(status.ok());
    EXPECT_TRUE(replicas_->open().ok());
    auto records = read_range_records(plugins_.engine()).value();
    if (records.empty()) {
      records = first_ranges(of_, split_keys, {self});
      EXPECT_TRUE(write_range_records(plugins_.engine(), records).ok());
    }
    range = records.front().id;
    for (const kv::RangeRecord& record : records) {
      ranges.push_back(record.id);
      status = replicas_->add(record, plugins_.engine(), hard_states[record.id]);
      EXPECT_TRUE(status.ok()) << status.error().message;
    }
  }
  std::uint64_t request(Request::Kind kind, const kv::Command& command) {
    replicas_->request(range, kind, command, {NodeId::none, ++last_id_});
    return last_id_;
  }

  PluginsUnderTest plugins_;
  const StoreId of_;  // the range is of this store
  Replication replication_;
  kv::TextMachine* machine_ = nullptr;  // of the replica
  std::unique_ptr<Replicas> replicas_;
  MonoNs now_ns_ = ns_per_s;
  UnixMs unix_ms_ = 1'000'000;
  std::uint64_t written_ = 0;
  std::uint64_t persisted_ = 0;
  std::uint64_t last_id_ = 0;
};

}  // namespace tenon::store::test
