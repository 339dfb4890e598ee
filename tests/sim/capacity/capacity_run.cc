#include "sim/capacity/capacity_run.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>
#include <string>

#include "service/dist/dist_key.h"
#include "service/dist/dist_ops.h"
#include "service/inbox/inbox_commands.h"
#include "service/inbox/inbox_key.h"
#include "sim/clients/ask.h"
#include "sim/network/sim_network.h"
#include "store/founding.h"

namespace tenon::sim {
namespace {

namespace dist = service::dist;
namespace inbox = service::inbox;
using store::Request;

constexpr std::int64_t timeout_ns = 8 * ns_per_s;
constexpr std::int64_t begin_ns = 5 * ns_per_s;    // links and leaders are there by then
constexpr std::int64_t spread_ns = 20 * ns_per_s;  // sessions begin within so long
constexpr std::int64_t end_ns = 90 * ns_per_s;     // all is done, and compacted

std::string filter_of(std::uint32_t session) {
  char text[32];
  std::snprintf(text, sizeof text, "filter/%06u", session);
  return text;
}

// Counts what nodes apply, by the ranges whose voters they are.
class ShareCounter final : public NodeObserver {
 public:
  ShareCounter(const std::vector<kv::NodeId>& nodes, const std::vector<kv::RangeRecord>& ranges)
      : shares_(nodes.size()) {
    for (const kv::RangeRecord& range : ranges)
      for (std::uint32_t place = 0; place < nodes.size(); ++place)
        if (const auto& voters = range.descriptor.members.voters;
            std::find(voters.begin(), voters.end(), nodes[place]) != voters.end())
          votes_.insert({range.id, place});
  }

  void on_committed(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint&,
                    std::uint64_t) override {
    if (votes_.contains({range, node})) ++shares_[node].commit_count;
  }
  void on_applied(const AppliedCommand& command) override {
    if (command.store != kv::StoreId::dist) return;
    ++shares_[command.node].known_route_count;
    if (votes_.contains({command.range, command.node})) ++shares_[command.node].route_count;
  }

  std::vector<NodeShare>& shares() { return shares_; }

 private:
  std::set<std::pair<kv::RangeId, std::uint32_t>> votes_;
  std::vector<NodeShare> shares_;
};

// One session: it comes, subscribes, and gets its messages, one after another.
class Session {
 public:
  Session(ClientWorld& clients, std::uint32_t number, const CapacityLoad& load)
      : clients_(clients),
        number_(number),
        id_("session-" + std::to_string(number)),
        load_(load),
        random_(clients.world.random_for("session", number)) {}

  void start() {
    const std::int64_t delay_ns = begin_ns + static_cast<std::int64_t>(random_.below(spread_ns));
    clients_.world.events().after(delay_ns, [this] { attach(); });
  }
  bool is_done() const { return written_count_ == load_.messages_each; }

 private:
  void ask(kv::StoreId store, std::string key, std::string text, std::function<void(std::string_view)> then) {
    Request request;
    request.store = store;
    request.kind = Request::Kind::append;
    request.key = std::move(key);
    request.text = std::move(text);
    sim::ask(clients_, *clients_.any_node(random_), std::move(request), timeout_ns,
             [this, then = std::move(then)](Ended ended, std::string_view reply) {
               if (ended != Ended::done) return clients_.world.fail(id_ + ": a request has no answer");
               then(reply);
             });
  }
  void attach() {
    inbox::Attach op;
    op.owner = {{}, id_};
    op.candidate = 1 + random_.below(inbox::number_limit - 1);
    op.expiry_s = inbox::never_expires_s;
    op.holder = {clients_.nodes[0]->id(), 1, number_ + 1};
    inbox::CommandBuilder command;
    command.add(op);
    ask(kv::StoreId::inbox, inbox::owner_prefix({{}, id_}), command.take(), [this](std::string_view text) {
      const auto reply = inbox::ReplyReader(text).next<inbox::Attach>();
      if (!reply.ok()) return clients_.world.fail("the reply to an attach makes no sense");
      session_ = reply->number;
      subscribe();
    });
  }
  void subscribe() {
    const std::string filter = filter_of(number_);
    dist::CommandBuilder command;
    command.add(dist::Add{{}, filter, id_, session_, {}});
    ask(kv::StoreId::dist, dist::filter_prefix({}, filter), command.take(),
        [this](std::string_view) { write(); });
  }
  void write() {
    if (is_done()) return;
    // Not to be made smaller by an engine.
    std::string payload(load_.payload_bytes, '\0');
    for (char& byte : payload) byte = static_cast<char>(random_.next());
    const std::string topic = filter_of(number_);
    inbox::Append op;
    op.message.view.topic = topic;
    op.message.view.payload = as_bytes(payload);
    op.message.view.qos = mqtt::QoS::at_least_once;
    op.limits = {100'000, std::uint64_t{1} << 40, inbox::Overflow::refuse_newest};
    op.targets.push_back({{{}, id_}, session_, mqtt::QoS::at_least_once, false, {}});
    inbox::CommandBuilder command;
    command.add(op);
    ask(kv::StoreId::inbox, inbox::owner_prefix({{}, id_}), command.take(), [this](std::string_view text) {
      const auto reply = inbox::ReplyReader(text).next<inbox::Append>();
      if (!reply.ok() || reply->targets.size() != 1 || reply->targets[0] != inbox::OpStatus::ok)
        return clients_.world.fail(id_ + ": its session takes nothing");
      ++written_count_;
      clients_.world.events().after(draw_delay_ns(random_, ns_per_s, 2 * ns_per_s), [this] { write(); });
    });
  }

  ClientWorld& clients_;
  const std::uint32_t number_;
  const std::string id_;
  const CapacityLoad& load_;
  test::SimRandom random_;
  std::uint64_t session_ = 0;
  std::uint32_t written_count_ = 0;
};

std::vector<kv::RangeRecord> ranges_of(kv::StoreId store, std::span<const std::string> split_keys,
                                       const Placement& placement, const std::vector<kv::NodeId>& nodes) {
  std::vector<kv::RangeRecord> ranges = store::first_ranges(store, split_keys, nodes);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    kv::Members& members = ranges[i].descriptor.members;
    members = {};
    const auto& voters = placement.voters.at(store).at(i);
    for (std::uint32_t place = 0; place < nodes.size(); ++place) {
      if (std::find(voters.begin(), voters.end(), place) != voters.end())
        members.voters.push_back(nodes[place]);
      else if (store == kv::StoreId::dist)
        members.learners.push_back(nodes[place]);
    }
    std::sort(members.voters.begin(), members.voters.end());
    std::sort(members.learners.begin(), members.learners.end());
  }
  return ranges;
}

}  // namespace

std::vector<NodeShare> measure_capacity(const Placement& placement, const CapacityLoad& load,
                                        const PluginFiles& plugins) {
  World world(1, false);
  SimNetwork network(world, {});
  NodeSetup setup{plugins};
  test::SimRandom random = world.random_for("ids");
  for (std::uint32_t i = 0; i < placement.node_count; ++i)
    setup.nodes.push_back(kv::NodeId{random.next() | 1});
  setup.reshapes = true;
  setup.voter_count = 3;
  setup.first_ranges =
      ranges_of(kv::StoreId::inbox, inbox::split_points({}, load.inbox_range_count), placement, setup.nodes);
  std::vector<std::string> keys;
  for (std::uint32_t i = 1; i < load.dist_range_count; ++i)
    keys.push_back(dist::filter_prefix({}, filter_of(load.session_count * i / load.dist_range_count)));
  for (kv::RangeRecord& range : ranges_of(kv::StoreId::dist, keys, placement, setup.nodes))
    setup.first_ranges.push_back(std::move(range));

  ShareCounter counter(setup.nodes, setup.first_ranges);
  std::vector<std::unique_ptr<SimNode>> nodes;
  for (std::uint32_t i = 0; i < placement.node_count; ++i) {
    nodes.push_back(std::make_unique<SimNode>(world, network, setup, counter, i));
    network.add(*nodes.back());
  }
  InboxChecker unused(world);
  ClientWorld clients{world, nodes, unused};
  std::vector<std::unique_ptr<Session>> sessions;
  for (std::uint32_t i = 0; i < load.session_count; ++i)
    sessions.push_back(std::make_unique<Session>(clients, i, load));
  for (const auto& node : nodes) node->start();
  for (const auto& session : sessions) session->start();
  while (!world.has_failed() && world.events().step(end_ns)) {
  }
  if (world.has_failed()) throw std::runtime_error(world.failures().front());
  if (!std::all_of(sessions.begin(), sessions.end(), [](const auto& session) { return session->is_done(); }))
    throw std::runtime_error("not all was written");
  for (std::uint32_t i = 0; i < placement.node_count; ++i)
    counter.shares()[i].stored_bytes = nodes[i]->machine().disk().medium().used_bytes();
  return counter.shares();
}

}  // namespace tenon::sim
