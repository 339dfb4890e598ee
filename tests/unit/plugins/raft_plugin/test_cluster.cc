#include "test_cluster.h"

#include <algorithm>
#include <stdexcept>

namespace tenon::test {
namespace {

constexpr std::int64_t tick_ns = 50'000'000;

}  // namespace

TestCluster::TestCluster(std::uint64_t nodes, std::uint64_t seed, std::string options)
    : options_(std::move(options)), random_(seed) {
  for (std::uint64_t id = 1; id <= nodes; ++id) add(id);
}

TestNode& TestCluster::add(std::uint64_t id) {
  return *(nodes_[id] = std::make_unique<TestNode>(id, options_));
}

void TestCluster::open_everywhere(tenon_group_id group) {
  Members founders;
  for (const auto& [id, node] : nodes_) founders.voters.push_back(id);
  for (const auto& [id, node] : nodes_) node->open(group, founders);
}

void TestCluster::carry(std::vector<SentMessage> sent) {
  messages_ += sent.size();
  for (SentMessage& message : sent) {
    if (isolated_[message.from] || isolated_[message.to] || random_.percent(weather_.lost)) continue;
    if (random_.percent(weather_.doubled)) late_.push_back(message);
    (random_.percent(weather_.late) ? late_ : under_way_).push_back(std::move(message));
  }
}

void TestCluster::round() {
  std::vector<SentMessage> arriving = std::move(under_way_);
  under_way_.clear();
  while (!late_.empty() && random_.percent(50)) {
    const std::size_t at = random_.below(late_.size());
    arriving.push_back(std::move(late_[at]));
    late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  for (const auto& [id, node] : nodes_) {
    if (!node->running()) continue;
    std::vector<SentMessage> mine;
    for (const SentMessage& message : arriving)
      if (message.to == id) mine.push_back(message);
    if (!mine.empty()) node->step(mine);
    node->settle();
    carry(node->take_sent());
  }
  check_agreement();
}

void TestCluster::tick() {
  now_ns_ += tick_ns;
  for (const auto& [id, node] : nodes_)
    if (node->running()) node->tick(now_ns_);
  round();
}

bool TestCluster::until(const std::function<bool()>& done, int ticks_max) {
  for (int i = 0; i < ticks_max; ++i) {
    if (done()) return true;
    tick();
  }
  return done();
}

std::uint64_t TestCluster::leader(tenon_group_id group) {
  std::uint64_t found = 0;
  std::uint64_t term = 0;
  for (const auto& [id, node] : nodes_) {
    if (!node->running() || !node->is_open(group)) continue;
    const tenon_role role = node->group(group).role;
    if (role.role != TENON_ROLE_LEADER || role.term < term) continue;
    if (role.term == term) throw std::runtime_error("two nodes lead in one term");
    found = id;
    term = role.term;
  }
  return found;
}

std::uint64_t TestCluster::await_leader(tenon_group_id group) {
  if (!until([&] { return leader(group) != 0; })) throw std::runtime_error("nobody leads");
  return leader(group);
}

bool TestCluster::applied_everywhere(tenon_group_id group, const std::string& data) {
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& item) {
    TestNode& node = *item.second;
    return !node.running() || !node.is_open(group) || node.group(group).count(data) == 1;
  });
}

int TestCluster::ship_snapshots(tenon_group_id group) {
  int shipped = 0;
  for (const auto& [id, from] : nodes_) {
    if (!from->running() || !from->is_open(group)) continue;
    TestGroup& source = from->group(group);
    for (const std::uint64_t to : std::exchange(source.snapshots_wanted, {})) {
      const tenon_status status = nodes_.at(to)->install(source);
      from->kind().snapshot_sent(source.handle, to, status, source.applied.index);
      ++shipped;
    }
  }
  return shipped;
}

void TestCluster::tell_peers(std::uint64_t id, std::uint32_t state) {
  for (const auto& [other, node] : nodes_)
    if (other != id && node->running()) node->peer_state(id, state);
}

std::uint64_t TestCluster::applies() const {
  std::uint64_t calls = 0;
  for (const auto& [id, node] : nodes_) calls += node->apply_calls();
  return calls;
}

void TestCluster::check_agreement() {
  for (const auto& [id, node] : nodes_) {
    for (const auto& [group, state] : node->groups()) {
      if (!state.poison.empty()) throw std::runtime_error("poisoned: " + state.poison);
      std::size_t& checked = checked_[{id, group}];
      for (; checked < state.entries.size(); ++checked) {
        const AppliedEntry& entry = state.entries[checked];
        const auto [found, fresh] = agreed_.insert({{group, entry.at.index}, {entry.at.term, entry.data}});
        if (!fresh && found->second != std::pair(entry.at.term, entry.data))
          throw std::runtime_error("two nodes applied different entries at one index");
      }
    }
  }
}

}  // namespace tenon::test
