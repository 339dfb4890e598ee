#include "unit/store/orders/keeper_cluster.h"

#include <stdexcept>

#include "store/snapshot/staging.h"

namespace tenon::store::test {
namespace {

// With nothing to do by itself, so that ranges sleep as those of stores do.
std::unique_ptr<kv::Machine> make_machine() {
  auto machine = std::make_unique<kv::TextMachine>();
  machine->has_dues = false;
  return machine;
}

}  // namespace

KeeperNode::KeeperNode(NodeId self, kv::SourceId source, const std::string& directory,
                       const std::string& storage, ReplicasOptions options,
                       const std::vector<kv::RangeRecord>& founders, bool is_damaged)
    : self_(self), plugins_(directory, storage), replication_(plugins_.replication()) {
  options.self = self;
  options.seed = 7919 * static_cast<std::uint64_t>(self);
  PeerPort& peers = *this;
  KeeperPorts& ports = *this;
  keeper_ = std::make_unique<Keeper>(options, source, replication_, plugins_.journal(), peers, ports,
                                     [](StoreId) { return make_machine(); });
  EXPECT_TRUE(plugins_.journal()
                  .groups([&](const tenon_log_group& group) {
                    hard_states_[{group.id.range, group.id.incarnation}] = to_text(group.hard_state);
                  })
                  .ok());
  EXPECT_TRUE(keeper_->open().ok());
  EXPECT_TRUE(finish_installs(engine()).ok());
  auto found = records();
  if (found.empty()) {
    EXPECT_TRUE(write_range_records(engine(), founders).ok());
    found = founders;
  }
  EXPECT_TRUE(keeper_->load_members(engine()).ok());
  for (const kv::RangeRecord& record : found) {
    if (keeper_->own().is_dropping(record.id)) continue;
    if (is_damaged) {
      keeper_->learn(record.id, record.descriptor);
      keeper_->own().lost(record);
      continue;
    }
    const Status added = keeper_->add(record, engine(), hard_states_[record.id]);
    if (!added.ok()) throw std::runtime_error(added.error().message);
  }
}

KeeperNode::~KeeperNode() {
  keeper_.reset();
}

void KeeperNode::persist() {
  if (holds_log) return;
  for (const LogChunk& chunk : std::exchange(held_, {})) write(chunk.writes);
  if (written_ > persisted_) keeper_->persisted(persisted_ = written_);
}

void KeeperNode::write(std::span<const tenon_log_write> writes) {
  std::string why;
  EXPECT_EQ(plugins_.journal().write(writes, why), TENON_OK) << why;
}

std::uint64_t KeeperNode::append(std::span<const tenon_log_write> writes) {
  if (holds_log)
    held_.push_back(copy_writes(writes));
  else
    write(writes);
  return ++written_;
}

void KeeperNode::compact(const RangeId& range, const kv::LogPoint& base) {
  const Status cut = plugins_.journal().compact({range.number, range.incarnation}, {base.index, base.term});
  EXPECT_TRUE(cut.ok()) << cut.error().message;
}

void KeeperNode::finished(Ticket ticket, Answer&& answer) {
  const auto number = static_cast<std::uint64_t>(ticket);
  answered.push_back(number);
  EXPECT_TRUE(answers.emplace(number, std::move(answer)).second) << "answered twice";
}

KeeperCluster::KeeperCluster(const std::string& storage, std::size_t node_count, ReplicasOptions options)
    // Nodes know all kinds of commands to ranges, and of the machines what there was from the beginning.
    : storage_(storage), options_(options), nodes_(node_count), versions_(kv::command_kind_max, 2, 3, 17, 2) {
  std::vector<NodeId> voters;
  for (std::size_t place = 0; place < node_count; ++place) voters.push_back(id(place));
  records_ = first_ranges(StoreId::meta, {}, voters);
  for (std::size_t place = 0; place < node_count; ++place) {
    directories_.push_back(std::make_unique<tenon::test::TempDir>());
    start(place);
  }
}

void KeeperCluster::stop(std::size_t place) {
  isolate(place, true);
  nodes_[place].reset();
}

void KeeperCluster::start(std::size_t place, bool is_damaged) {
  // Who has been there before, and holds nothing now, hears from others what it is to hold. What is in memory
  // begins anew, with all of its log.
  const bool is_founder = founded_.insert(place).second || storage_ == "memory";
  nodes_[place] = std::make_unique<KeeperNode>(
      id(place), kv::SourceId{1000 + ++last_source_}, directories_[place]->path(), storage_, options_,
      is_founder ? records_ : std::vector<kv::RangeRecord>(), is_damaged);
  nodes_[place]->keeper().tick(now_ns_, unix_ms_);
  isolate(place, false);
}

void KeeperCluster::isolate(std::size_t place, bool isolated) {
  if (isolated)
    isolated_.insert(place);
  else
    isolated_.erase(place);
  for (std::size_t other = 0; other < nodes_.size(); ++other)
    if (other != place) tell_of_link(place, other);
}

void KeeperCluster::cut(std::size_t place, std::size_t other, bool is_cut) {
  if (is_cut)
    cut_.insert(std::minmax(place, other));
  else
    cut_.erase(std::minmax(place, other));
  tell_of_link(place, other);
}

void KeeperCluster::tell_of_link(std::size_t place, std::size_t other) {
  const bool is_up = !is_cut(place, other);
  if (nodes_[other]) nodes_[other]->keeper().on_peer(id(place), is_up, {0, versions_});
  if (nodes_[place]) nodes_[place]->keeper().on_peer(id(other), is_up, {0, versions_});
  if (!is_up) return;
  tell(place, other);
  tell(other, place);
}

// As nodes do when a link between them is up: each says what ranges it knows.
void KeeperCluster::tell(std::size_t place, std::size_t other) {
  if (!nodes_[place] || !nodes_[other]) return;
  nodes_[place]->keeper().ranges().each(
      [&](const kv::RangeTable::Entry& entry) { nodes_[other]->keeper().learn(entry.id, entry.descriptor); });
}

void KeeperCluster::round() {
  now_ns_ += 10 * ns_per_ms;
  unix_ms_ += 10;
  for (KeeperNode::Packet& packet : std::exchange(under_way_, {})) {
    if (is_cut(place_of(packet.from), place_of(packet.to))) continue;
    if (on_packet && !on_packet(packet)) continue;
    // The test may have ended either node, or cut the link.
    if (is_cut(place_of(packet.from), place_of(packet.to))) continue;
    EXPECT_TRUE(node(place_of(packet.to)).keeper().on_message(packet.from, packet.kind, packet.body));
  }
  for (const auto& node : nodes_) {
    if (!node) continue;
    node->keeper().tick(now_ns_, unix_ms_);
    (void)node->keeper().turn();
    node->persist();
    for (auto& packet : std::exchange(node->sent, {})) under_way_.push_back(std::move(packet));
  }
}

bool KeeperCluster::until(const std::function<bool()>& done, int rounds_max) {
  for (int i = 0; i < rounds_max; ++i) {
    if (done()) return true;
    round();
  }
  return done();
}

std::size_t KeeperCluster::await_leader(const RangeId& range) {
  std::size_t leader = 0;
  const bool is_there = until([&] {
    for (leader = 0; leader < nodes_.size(); ++leader) {
      if (is_cut(leader)) continue;
      const Replica* replica = node(leader).keeper().replicas().find(range);
      if (replica && replica->leads()) return true;
    }
    return false;
  });
  if (!is_there) throw std::runtime_error("no leader");
  return leader;
}

std::uint64_t KeeperCluster::submit(std::size_t place, Request&& request) {
  request.store = StoreId::meta;
  request.ticket = Ticket{++last_ticket_};
  if (request.deadline_ns == 0) request.deadline_ns = now_ns_ + 60 * ns_per_s;
  node(place).keeper().submit(std::move(request));
  return last_ticket_;
}

std::uint64_t KeeperCluster::append(std::size_t place, const std::string& key, const std::string& text) {
  return ask(place, Request::Kind::append, key, text);
}

std::uint64_t KeeperCluster::ask(std::size_t place, Request::Kind kind, const std::string& key,
                                 const std::string& text) {
  Request request;
  request.kind = kind;
  request.key = key;
  request.text = text;
  return submit(place, std::move(request));
}

std::uint64_t KeeperCluster::order(std::size_t place, const RangeId& range, decltype(Order::what) what) {
  return order(place, Order{0, range, epoch(place, range), "a test", std::move(what)});
}

std::uint64_t KeeperCluster::order(std::size_t place, const Order& order) {
  Order numbered = order;
  numbered.id = 0x5000 + ++last_order_;
  Request request;
  request.kind = Request::Kind::order;
  request.range = order.range;
  request.text = encode(numbered);
  request.deadline_ns = now_ns_ + patience_of(numbered);
  return submit(place, std::move(request));
}

std::uint64_t KeeperCluster::recover(std::size_t place, const RangeId& range, bool by_silence) {
  node(place).keeper().recover(Ticket{++last_ticket_}, {range, 0x7000 + ++last_order_, by_silence});
  return last_ticket_;
}

Answer KeeperCluster::await(std::size_t place, std::uint64_t ticket) {
  const bool is_there = until([&] { return is_up(place) && node(place).answers.contains(ticket); }, 12000);
  if (!is_there) throw std::runtime_error("no answer");
  return node(place).answers.at(ticket);
}

std::string KeeperCluster::value(std::size_t place, const std::string& key) {
  return await(place, ask(place, Request::Kind::query, key, key)).text;
}

kv::Epoch KeeperCluster::epoch(std::size_t place, const RangeId& range) {
  const kv::Descriptor* descriptor = node(place).keeper().ranges().descriptor(range);
  return descriptor ? descriptor->epoch : kv::Epoch{};
}

}  // namespace tenon::store::test
