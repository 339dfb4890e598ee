#include "unit/store/members/test_members.h"

#include <algorithm>
#include <stdexcept>

#include "store/snapshot/staging.h"

namespace tenon::store::test {

class MemberNode::Machine final : public kv::Machine {
 public:
  explicit Machine(bool& breaks) : breaks_(breaks) {}

  Status load(const kv::StateView& state) override { return words_.load(state); }
  Status apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
               std::string& ret_reply) override {
    if (std::exchange(breaks_, false)) return Error{Errc::io, "a test breaks it"};
    return words_.apply(context, command, state, ret_reply);
  }
  Status query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
               std::string& ret_reply) const override {
    if (std::exchange(breaks_, false)) return Error{Errc::io, "a test breaks it"};
    return words_.query(now_ms, question, state, ret_reply);
  }
  void due(UnixMs, std::vector<std::string>&) override {}
  bool may_split_at(std::string_view) const override { return false; }

 private:
  bool& breaks_;
  kv::TextMachine words_;
};

MemberNode::MemberNode(NodeId self, const std::string& directory, MemberPolicy policy,
                       const std::vector<kv::RangeRecord>& founders, bool finds_its_replica_damaged)
    : self_(self), policy_(policy), plugins_(directory, "sqlite") {
  ReplicasOptions options;
  options.self = self;
  options.seed = 7919 * static_cast<std::uint64_t>(self);
  options.flush_interval_ns = 50 * ns_per_ms;
  options.sync_interval_ns = 100 * ns_per_ms;
  static std::uint64_t starts = 0;
  KeeperPorts& ports = *this;
  PeerPort& peers = *this;
  keeper_ =
      std::make_unique<Keeper>(options, kv::SourceId{++starts}, plugins_.replication(), plugins_.journal(),
                               peers, ports, [this](StoreId) { return std::make_unique<Machine>(breaks_); });
  std::map<RangeId, std::string> hard_states;
  EXPECT_TRUE(plugins_.journal()
                  .groups([&](const tenon_log_group& group) {
                    hard_states[{group.id.range, group.id.incarnation}] = to_text(group.hard_state);
                  })
                  .ok());
  EXPECT_TRUE(keeper_->open().ok());
  EXPECT_TRUE(keeper_->load_members(engine()).ok());
  EXPECT_TRUE(finish_installs(engine()).ok());
  auto records = read_range_records(engine()).value();
  for (const kv::RangeRecord& founder : founders) {
    if (!records.empty()) break;
    if (!is_member(founder.descriptor.members, self)) {
      keeper_->learn(founder.id, founder.descriptor);
      continue;
    }
    EXPECT_TRUE(write_range_records(engine(), founders).ok());
    records = founders;
  }
  for (const kv::RangeRecord& record : records) {
    if (keeper_->own().is_dropping(record.id)) continue;
    if (finds_its_replica_damaged) {
      keeper_->own().lost(record);
      continue;
    }
    const Status added = keeper_->add(record, engine(), hard_states[record.id]);
    if (!added.ok()) throw std::runtime_error(added.error().message);
    open.insert(record.id);
  }
}

void MemberNode::fill_log(bool on) {
  log_is_full_ = on;
  keeper_->log_refuses(on);
}

void MemberNode::fail_log() {
  log_is_full_ = true;
  keeper_->log_failed("the disk fails");
}

void MemberNode::persist() {
  if (!log_is_full_ && written_ > persisted_) keeper_->persisted(persisted_ = written_);
}

std::uint64_t MemberNode::append(std::span<const tenon_log_write> writes) {
  std::string why;
  EXPECT_EQ(plugins_.journal().write(writes, why), TENON_OK) << why;
  return ++written_;
}

void MemberNode::compact(const RangeId& range, const kv::LogPoint& base) {
  EXPECT_TRUE(plugins_.journal().compact({range.number, range.incarnation}, {base.index, base.term}).ok());
}

void MemberNode::put(const std::string& key, const std::string& value, bool everywhere) {
  Request request;
  request.everywhere = everywhere;
  request.store = StoreId::inbox;
  request.kind = Request::Kind::append;
  request.key = key;
  request.text = "put " + key + " " + value;
  request.ticket = Ticket{1};
  keeper_->submit(std::move(request));
}

void MemberNode::glance(const std::string& key) {
  Request request;
  request.store = StoreId::inbox;
  request.kind = Request::Kind::glance;
  request.key = key;
  request.text = key;
  request.ticket = Ticket{3};
  keeper_->submit(std::move(request));
}

void MemberNode::order(const Order& order) {
  order_answer.reset();
  Request request;
  request.kind = Request::Kind::order;
  request.range = order.range;
  request.text = encode(order);
  request.ticket = order_ticket;
  keeper_->submit(std::move(request));
}

std::string MemberNode::value(const RangeId& range, const std::string& key) const {
  const Replica* replica = keeper_->replicas().find(range);
  std::string reply;
  if (!replica || replica->failed() || !replica->range().query(0, key, reply).ok()) return "-";
  return reply;
}

MemberCluster::MemberCluster(std::size_t founders, MemberPolicy policy) : policy_(policy) {
  std::vector<NodeId> voters;
  for (std::size_t number = 1; number <= founders; ++number) voters.push_back(id(number));
  records_ = first_ranges(StoreId::inbox, {}, voters);
  for (std::size_t number = 1; number <= founders; ++number) start(number);
}

void MemberCluster::start(std::size_t number, bool finds_its_replica_damaged) {
  start(number, records_, finds_its_replica_damaged);
}

void MemberCluster::start_without_founding(std::size_t number) {
  start(number, {}, false);
}

void MemberCluster::start(std::size_t number, const std::vector<kv::RangeRecord>& founders,
                          bool finds_its_replica_damaged) {
  auto& directory = directories_[id(number)];
  if (!directory) directory = std::make_unique<tenon::test::TempDir>();
  nodes_[id(number)] = std::make_unique<MemberNode>(id(number), directory->path(), policy_, founders,
                                                    finds_its_replica_damaged);
  node(number).keeper().tick(now_ns_, unix_ms_);
  for (const auto& [other, node] : nodes_) {
    if (other == id(number)) continue;
    node->keeper().on_peer(id(number), true);
    nodes_[id(number)]->keeper().on_peer(other, true);
    // As core/node does with each new link, each tells of the ranges that it has.
    node->keeper().replicas().each([&](const Replica& replica) {
      nodes_[id(number)]->keeper().learn(replica.id(), replica.range().descriptor());
    });
  }
}

void MemberCluster::kill(std::size_t number) {
  nodes_.erase(id(number));
  std::erase_if(under_way_, [&](const MemberPacket& packet) {
    return packet.from == id(number) || packet.to == id(number);
  });
  for (const auto& [other, node] : nodes_) node->keeper().on_peer(id(number), false);
}

void MemberCluster::drop_between(std::size_t one, std::size_t other) {
  std::erase_if(under_way_, [&](const MemberPacket& packet) {
    return (packet.from == id(one) && packet.to == id(other)) ||
           (packet.from == id(other) && packet.to == id(one));
  });
}

void MemberCluster::break_link(std::size_t one, std::size_t other) {
  drop_between(one, other);
  for (const bool up : {false, true}) {
    node(one).keeper().on_peer(id(other), up);
    node(other).keeper().on_peer(id(one), up);
  }
}

void MemberCluster::cut_link(std::size_t one, std::size_t other) {
  cut_.emplace(id(one), id(other));
  drop_between(one, other);
  node(one).keeper().on_peer(id(other), false);
  node(other).keeper().on_peer(id(one), false);
}

void MemberCluster::mend_link(std::size_t one, std::size_t other) {
  cut_.erase({id(one), id(other)});
  cut_.erase({id(other), id(one)});
  node(one).keeper().on_peer(id(other), true);
  node(other).keeper().on_peer(id(one), true);
}

void MemberCluster::round() {
  now_ns_ += 10 * ns_per_ms;
  unix_ms_ += 10;
  for (const MemberPacket& packet : std::exchange(under_way_, {})) {
    const auto to = nodes_.find(packet.to);
    if (to == nodes_.end() || !nodes_.contains(packet.from) || are_apart(packet.from, packet.to) ||
        (on_packet && !on_packet(packet)))
      continue;
    EXPECT_TRUE(to->second->keeper().on_message(packet.from, packet.kind, packet.body));
  }
  for (const auto& [id, node] : nodes_) {
    node->keeper().tick(now_ns_, unix_ms_);
    (void)node->keeper().turn();
    node->persist();
    for (MemberPacket& packet : std::exchange(node->sent, {})) under_way_.push_back(std::move(packet));
  }
}

bool MemberCluster::until(const std::function<bool()>& done, int rounds_max) {
  for (int i = 0; i < rounds_max; ++i) {
    if (done()) return true;
    round();
  }
  return false;
}

std::size_t MemberCluster::await_leader() {
  std::size_t leader = 0;
  const bool is_there = until([&] {
    for (const auto& [id, node] : nodes_) {
      const Replica* replica = node->keeper().replicas().find(range());
      if (replica && replica->leads()) leader = static_cast<std::size_t>(id);
    }
    return leader != 0;
  });
  if (!is_there) throw std::runtime_error("no leader");
  return leader;
}

const kv::Descriptor& MemberCluster::descriptor() {
  return node(await_leader()).keeper().replicas().find(range())->range().descriptor();
}

void MemberCluster::write(int count, std::size_t by) {
  for (int i = 0; i < count; ++i) {
    const std::size_t before = node(by).done;
    node(by).put("k" + std::to_string(written_), std::to_string(written_));
    ASSERT_TRUE(until([&] { return node(by).done > before; })) << written_;
    ++written_;
  }
}

AnswerCode MemberCluster::order(const ChangeMembers& what, std::uint32_t epoch_off) {
  Order order;
  order.id = ++orders_;
  order.range = range();
  order.expected = descriptor().epoch;
  order.expected.members += epoch_off;
  order.what = what;
  MemberNode& by = *nodes_.begin()->second;
  by.order(order);
  if (!until([&] { return by.order_answer.has_value(); })) return AnswerCode::timed_out;
  return by.order_answer->code;
}

bool MemberCluster::has_all(std::size_t number) {
  for (int i = 0; i < written_; ++i)
    if (node(number).value(range(), "k" + std::to_string(i)) != std::to_string(i)) return false;
  return true;
}

std::vector<NodeId> MemberCluster::ids(const std::vector<std::size_t>& numbers) const {
  std::vector<NodeId> nodes;
  for (const std::size_t number : numbers) nodes.push_back(id(number));
  return nodes;
}

bool MemberCluster::consists_of(const std::vector<std::size_t>& voters,
                                const std::vector<std::size_t>& learners) {
  return descriptor().members == kv::Members{ids(voters), {}, ids(learners)};
}

}  // namespace tenon::store::test
