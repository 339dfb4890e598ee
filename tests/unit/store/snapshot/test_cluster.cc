#include "unit/store/snapshot/test_cluster.h"

#include <algorithm>
#include <stdexcept>

#include "store/snapshot/staging.h"

namespace tenon::store::test {

TestNode::TestNode(NodeId self, const std::string& directory, const std::string& storage,
                   ReplicasOptions options, const std::vector<kv::RangeRecord>& founders)
    : self_(self), plugins_(directory, storage) {
  options.self = self;
  options.seed = 7919 * static_cast<std::uint64_t>(self);
  replicas_ = std::make_unique<Replicas>(options, plugins_.replication(), plugins_.journal(), *this,
                                         [](StoreId) { return std::make_unique<kv::TextMachine>(); });
  std::map<RangeId, std::string> hard_states;
  EXPECT_TRUE(plugins_.journal()
                  .groups([&](const tenon_log_group& group) {
                    hard_states[{group.id.range, group.id.incarnation}] = to_text(group.hard_state);
                  })
                  .ok());
  EXPECT_TRUE(replicas_->open().ok());
  EXPECT_TRUE(finish_installs(engine()).ok());
  auto records = read_range_records(engine()).value();
  if (records.empty()) {
    EXPECT_TRUE(write_range_records(engine(), founders).ok());
    records = founders;
  }
  for (const kv::RangeRecord& record : records) {
    const Status added = replicas_->add(record, engine(), hard_states[record.id]);
    if (!added.ok()) throw std::runtime_error(added.error().message);
  }
}

void TestNode::persist() {
  if (written_ > persisted_) replicas_->persisted(persisted_ = written_);
}

std::string TestNode::value(const RangeId& range, const std::string& key) {
  std::string reply;
  EXPECT_TRUE(replica(range).range().query(0, key, reply).ok());
  return reply;
}

std::uint64_t TestNode::log_base(const RangeId& range) {
  tenon_log_bounds bounds{};
  bounds.struct_size = sizeof bounds;
  Journal& journal = plugins_.journal();
  const tenon_status status =
      journal.table().bounds(journal.handle(), {range.number, range.incarnation}, &bounds);
  return status == TENON_OK ? bounds.base.index : 0;
}

std::uint64_t TestNode::append(std::span<const tenon_log_write> writes) {
  std::string why;
  EXPECT_EQ(plugins_.journal().write(writes, why), TENON_OK) << why;
  return ++written_;
}

void TestNode::compact(const RangeId& range, const kv::LogPoint& base) {
  const Status cut = plugins_.journal().compact({range.number, range.incarnation}, {base.index, base.term});
  EXPECT_TRUE(cut.ok()) << cut.error().message;
}

void TestNode::send(std::span<const tenon_peer_message> messages) {
  for (const tenon_peer_message& message : messages)
    sent.push_back(
        {self_, NodeId{message.node}, false, {}, message.group, std::string(to_text(message.payload))});
}

ReplicasOptions TestCluster::small_options() {
  ReplicasOptions options;
  options.flush_interval_ns = 50 * ns_per_ms;
  options.sync_interval_ns = 100 * ns_per_ms;
  options.log_keeping.entries = 4;
  options.snapshots.chunk_bytes = 200;
  return options;
}

TestCluster::TestCluster(const std::string& storage, ReplicasOptions options,
                         const std::vector<std::string>& split_keys)
    : storage_(storage),
      options_(options),
      records_(first_ranges(StoreId::meta, split_keys, {id(0), id(1), id(2)})),
      nodes_(3) {
  for (std::size_t place = 0; place < nodes_.size(); ++place) {
    directories_.push_back(std::make_unique<tenon::test::TempDir>());
    start(place);
  }
}

void TestCluster::stop(std::size_t place) {
  isolate(place, true);
  nodes_[place].reset();
}

void TestCluster::start(std::size_t place) {
  nodes_[place] = std::make_unique<TestNode>(id(place), directory(place), storage_, options_, records_);
  nodes_[place]->replicas().tick(now_ns_, unix_ms_);
  isolate(place, false);
}

void TestCluster::isolate(std::size_t place, bool isolated) {
  if (isolated)
    isolated_.insert(id(place));
  else
    isolated_.erase(id(place));
  for (std::size_t other = 0; other < nodes_.size(); ++other) {
    if (other == place) continue;
    const bool is_up = !is_cut(id(place)) && !is_cut(id(other));
    if (nodes_[other]) nodes_[other]->replicas().peer_state(id(place), is_up);
    if (nodes_[place]) nodes_[place]->replicas().peer_state(id(other), is_up);
  }
}

void TestCluster::round() {
  now_ns_ += 10 * ns_per_ms;
  unix_ms_ += 10;
  for (Packet& packet : std::exchange(under_way_, {})) deliver(packet);
  for (const auto& node : nodes_) {
    if (!node) continue;
    node->replicas().tick(now_ns_, unix_ms_);
    (void)node->replicas().turn();
    node->persist();
    for (Packet& packet : std::exchange(node->sent, {})) under_way_.push_back(std::move(packet));
  }
}

void TestCluster::deliver(Packet& packet) {
  if (is_cut(packet.from) || is_cut(packet.to) || deaf_.contains(packet.to)) return;
  if (packet.is_snapshot) {
    const auto message = read_snapshot_message(packet.body);
    ASSERT_TRUE(message);
    if (message->kind == SnapshotMessage::Kind::chunk) {
      ++chunks_sent;
      bytes_sent += message->chunk.size();
    }
    if (on_snapshot && !on_snapshot(packet, *message)) return;
    // The test may have ended either node, or cut the link.
    if (is_cut(packet.from) || is_cut(packet.to)) return;
  }
  Replicas& to = nodes_[place_of(packet.to)]->replicas();
  if (packet.is_snapshot) {
    EXPECT_TRUE(to.on_snapshot(packet.from, packet.body));
    return;
  }
  tenon_peer_message one{static_cast<std::uint64_t>(packet.from), packet.group, to_abi(packet.payload)};
  to.step({&one, 1});
}

bool TestCluster::until(const std::function<bool()>& done, int rounds_max) {
  for (int i = 0; i < rounds_max; ++i) {
    if (done()) return true;
    round();
  }
  return false;
}

std::size_t TestCluster::await_leader(std::size_t number) {
  std::size_t leader = 0;
  const bool is_there = until([&] {
    for (leader = 0; leader < nodes_.size(); ++leader)
      if (nodes_[leader] && !isolated_.contains(id(leader)) && nodes_[leader]->replica(range(number)).leads())
        return true;
    return false;
  });
  if (!is_there) throw std::runtime_error("no leader");
  return leader;
}

void TestCluster::write(const std::string& key, const std::string& value, std::size_t number) {
  TestNode& leader = node(await_leader(number));
  const std::size_t before = leader.done;
  const std::string text = "put " + key + " " + value;
  kv::Command command;
  command.source = kv::SourceId{static_cast<std::uint64_t>(++written_)};
  command.sequence = 1;
  command.text = text;
  leader.replicas().request(range(number), Request::Kind::command, command, {NodeId::none, 1});
  ASSERT_TRUE(until([&] { return leader.done > before; })) << text;
}

void TestCluster::write_many(int count, std::size_t number, const std::string& value) {
  const std::string begin = records_[number].descriptor.begin;
  for (int i = 0; i < count; ++i) write(begin + "k" + std::to_string(i), value, number);
}

bool TestCluster::is_lost(std::size_t place, std::size_t number) {
  const std::uint64_t held = node(place).replica(range(number)).range().applied().index;
  for (std::size_t other = 0; other < nodes_.size(); ++other)
    if (other != place && nodes_[other] && node(other).log_base(range(number)) <= held) return false;
  return true;
}

bool TestCluster::is_level(std::size_t place, std::size_t number) {
  const Replica& replica = node(place).replica(range(number));
  const std::size_t leader = await_leader(number);
  return !replica.installing() &&
         replica.range().applied() == node(leader).replica(range(number)).range().applied();
}

}  // namespace tenon::store::test
