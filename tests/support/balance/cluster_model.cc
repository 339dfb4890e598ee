#include "support/balance/cluster_model.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "balance/verifier.h"

namespace tenon::test {

using balance::ViewNode;
using balance::ViewRange;

namespace {

constexpr double bytes_per_place = 10 << 20;
constexpr std::int64_t size_walk_ms = 10'000;
// Of what a range has to do, its leader knows a half after fourteen seconds.
constexpr double seconds_of_load = 20;

std::string padded(std::uint64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - text.size(), '0') + text;
}

// Eight digits before the point, six behind it, if there is anything.
double place_of(const std::string& key) {
  return key.empty() ? 0 : std::stod(key.substr(0, 8) + "." + key.substr(8));
}
std::string key_at(double place) {
  const double whole = std::floor(place);
  return padded(static_cast<std::uint64_t>(whole), 8) +
         padded(static_cast<std::uint64_t>((place - whole) * 1e6), 6);
}

}  // namespace

ClusterModel::ClusterModel(std::size_t nodes, std::uint64_t seed) : random_(seed) {
  view_.now_ms = 1'000'000;
  view_.seed = seed;
  for (std::size_t i = 0; i < nodes; ++i) add_node();
  for (ViewNode& one : view_.nodes) one.since_ms = 0;
}

void ClusterModel::add_node() {
  ViewNode& one = view_.nodes.emplace_back();
  one.id = node(view_.nodes.size());
  one.is_alive = true;
  one.since_ms = view_.now_ms;
  one.cores = 4;
  one.stores = balance::all_stores;
}

void ClusterModel::add_ranges(StoreId store, std::size_t count,
                              const std::function<std::vector<NodeId>(std::size_t number)>& voters_of) {
  for (std::size_t i = 0; i < count; ++i) {
    ViewRange& range = view_.ranges.emplace_back();
    range.id = ++last_range_;
    range.what.store = store;
    range.what.epoch = {1, 1};
    if (i > 0) range.what.begin = padded(i, 8);
    if (i + 1 < count) range.what.end = padded(i + 1, 8);
    const auto chosen = voters_of(i);
    range.leader = chosen.front();
    range.what.members.voters = chosen;
  }
  end_ = std::max(end_, static_cast<double>(count));
  view_.sort();
  for (ViewRange& range : view_.ranges) tell(range);
}

void ClusterModel::set_load(std::vector<HotSpot> spots) {
  spots_ = std::move(spots);
  if (std::exchange(counts_load_, true)) return;
  for (ViewRange& range : view_.ranges) forget_size(range);
}

double ClusterModel::load_between(double begin, double end) const {
  double load = 0;
  for (const HotSpot& spot : spots_) {
    const double shared = std::min(end, spot.end) - std::max(begin, spot.begin);
    if (shared > 0) load += spot.commands_per_s * shared / (spot.end - spot.begin);
  }
  return load;
}

std::string ClusterModel::middle_of(const ViewRange& range, bool by_load) const {
  double begin = place_of(range.what.begin);
  double end = end_of(range);
  if (!by_load) return key_at((begin + end) / 2);
  const double from = begin;
  const double half = load_between(begin, end) / 2;
  while (end - begin > 1e-6) {
    const double middle = (begin + end) / 2;
    (load_between(from, middle) < half ? begin : end) = middle;
  }
  return key_at(begin);
}

void ClusterModel::forget_size(ViewRange& range) {
  range.size_bytes.reset();
  size_known_ms_[range.id] = view_.now_ms + size_walk_ms;
}

// What each range that a spot touches has to do, by its id.
std::map<std::uint64_t, double> ClusterModel::loads_of_spots() const {
  std::map<std::uint64_t, double> loads;
  for (const HotSpot& spot : spots_) {
    const auto is_behind = [](const std::string& key, const ViewRange& range) {
      return std::pair(StoreId::inbox, std::string_view(key)) <
             std::pair(range.what.store, std::string_view(range.what.begin));
    };
    auto range = std::upper_bound(view_.ranges.begin(), view_.ranges.end(), key_at(spot.begin), is_behind);
    for (--range; range != view_.ranges.end() && place_of(range->what.begin) < spot.end; ++range)
      loads[range->id] = load_between(place_of(range->what.begin), end_of(*range));
  }
  return loads;
}

void ClusterModel::count_load() {
  if (!counts_load_) return;
  for (const auto& [id, load] : loads_of_spots()) loads_[id] += load / seconds_of_load;
  for (ViewRange& range : view_.ranges) {
    if (const auto load = loads_.find(range.id); load != loads_.end()) {
      range.commands_per_s = static_cast<std::uint64_t>(load->second);
      load->second -= load->second / seconds_of_load;
    }
    const auto known = size_known_ms_.find(range.id);
    if (known == size_known_ms_.end() || known->second > view_.now_ms) continue;
    range.size_bytes =
        static_cast<std::uint64_t>((end_of(range) - place_of(range.what.begin)) * bytes_per_place);
    size_known_ms_.erase(known);
  }
}

double ClusterModel::end_of(const ViewRange& range) const {
  return range.what.end.empty() ? end_ : place_of(range.what.end);
}

std::uint64_t ClusterModel::commands_per_s_max() const {
  std::uint64_t most = 0;
  for (const ViewRange& range : view_.ranges) most = std::max(most, range.commands_per_s);
  return most;
}

std::vector<NodeId> ClusterModel::random_voters(std::size_t count) {
  std::vector<NodeId> chosen;
  while (chosen.size() < count) {
    const NodeId one = node(1 + random_() % view_.nodes.size());
    if (std::find(chosen.begin(), chosen.end(), one) == chosen.end()) chosen.push_back(one);
  }
  return chosen;
}

ViewNode* ClusterModel::find(NodeId id) {
  return &view_.nodes.at(static_cast<std::uint64_t>(id) - 1);
}

bool ClusterModel::is_alive(NodeId id) const {
  return view_.nodes.at(static_cast<std::uint64_t>(id) - 1).is_alive;
}

void ClusterModel::kill(NodeId id) {
  *find(id) = {id, false, view_.now_ms, find(id)->zone, 4, balance::all_stores, {}, {}};
  for (ViewRange& range : view_.ranges) {
    const bool is_lost = range.leader == id || (range.leader != NodeId::none && !has_majority(range));
    if (is_lost) elect(range);
    tell(range);
  }
}

void ClusterModel::restart(NodeId id) {
  ViewNode& one = *find(id);
  one.is_alive = true;
  one.since_ms = view_.now_ms;
  for (ViewRange& range : view_.ranges) {
    if (range.leader == NodeId::none) elect(range);
    tell(range);
  }
}

bool ClusterModel::has_majority(const ViewRange& range) const {
  const auto& voters = range.what.members.voters;
  const auto there =
      std::count_if(voters.begin(), voters.end(), [this](NodeId voter) { return is_alive(voter); });
  return static_cast<std::size_t>(there) > voters.size() / 2;
}

// By a majority of the voters; any of those that are there.
void ClusterModel::elect(ViewRange& range) {
  std::vector<NodeId> there;
  for (const NodeId voter : range.what.members.voters)
    if (is_alive(voter)) there.push_back(voter);
  range.leader = has_majority(range) ? there[random_() % there.size()] : NodeId::none;
  range.leader_since_ms = view_.now_ms;
}

void ClusterModel::tell(ViewRange& range) {
  range.replicas.clear();
  for (const auto* nodes : {&range.what.members.voters, &range.what.members.learners})
    for (const NodeId one : *nodes)
      if (is_alive(one)) range.replicas.push_back({one, true, false, 1, 100, 0});
}

void ClusterModel::give(std::uint64_t number, const balance::Command& command, StoreId, std::string_view) {
  const bool is_move = std::holds_alternative<balance::Members>(command.what);
  orders_.push_back({number, command, view_.now_ms + (is_move ? 3000 : 1000)});
}

// Parts of a range know of their load what of it was theirs; the new one begins to count.
bool ClusterModel::split(ViewRange& range, const balance::Split& split) {
  const std::string key = split.key.empty() ? middle_of(range, split.by_load) : split.key;
  if (key <= range.what.begin || !range.what.holds(key)) return false;
  const double begin = place_of(range.what.begin);
  const double end = end_of(range);
  const double whole = load_between(begin, end);
  if (whole > 0) loads_[range.id] *= load_between(begin, place_of(key)) / whole;
  ++range.what.epoch.boundary;
  ViewRange child = range;
  child.id = ++last_range_;
  child.what.begin = key;
  child.leader_since_ms = view_.now_ms;
  range.what.end = key;
  forget_size(range);
  forget_size(child);
  view_.ranges.push_back(std::move(child));
  view_.sort();
  return true;
}

bool ClusterModel::merge(ViewRange& range, const balance::Merge& merge) {
  const auto other = std::find_if(view_.ranges.begin(), view_.ranges.end(),
                                  [&](const ViewRange& one) { return one.id == merge.other; });
  if (other == view_.ranges.end() || other->what.epoch != merge.other_epoch ||
      other->what.begin != range.what.end || other->what.members != range.what.members)
    return false;
  range.what.end = other->what.end;
  range.what.epoch.boundary = std::max(range.what.epoch.boundary, other->what.epoch.boundary) + 1;
  loads_[range.id] += loads_[other->id];
  loads_.erase(other->id);
  size_known_ms_.erase(other->id);
  forget_size(range);
  view_.ranges.erase(other);
  return true;
}

bool ClusterModel::recover(ViewRange& range, const balance::Recover& recover) {
  const auto can_go_on = [this](NodeId node) { return is_alive(node); };
  if (range.leader != NodeId::none || has_majority(range) ||
      !std::all_of(recover.voters.begin(), recover.voters.end(), can_go_on))
    return false;
  range.what.members.voters = recover.voters;
  ++range.what.epoch.members;
  range.is_provisional = !recover.has_proof;
  elect(range);
  tell(range);
  return true;
}

bool ClusterModel::apply(ViewRange& range, const balance::Command& command) {
  if (range.what.epoch != command.epoch) return false;
  if (const auto* lost = std::get_if<balance::Recover>(&command.what)) return recover(range, *lost);
  if (range.leader == NodeId::none) return false;
  if (const auto* cut = std::get_if<balance::Split>(&command.what)) return split(range, *cut);
  if (const auto* join = std::get_if<balance::Merge>(&command.what)) return merge(range, *join);
  if (const auto* transfer = std::get_if<balance::Transfer>(&command.what)) {
    const auto& voters = range.what.members.voters;
    if (!is_alive(transfer->to) || std::find(voters.begin(), voters.end(), transfer->to) == voters.end())
      return false;
    range.leader = transfer->to;
    range.leader_since_ms = view_.now_ms;
    return true;
  }
  if (const auto* members = std::get_if<balance::Members>(&command.what)) {
    for (const NodeId one : members->voters)
      if (!is_alive(one) && !kv::has_member(range.what.members, one)) return false;
    range.what.members.voters = members->voters;
    range.what.members.learners = members->learners;
    ++range.what.epoch.members;
    tell(range);
    return true;
  }
  return false;
}

void ClusterModel::carry_out(const Order& order, balance::Controller& controller) {
  const auto range = std::find_if(view_.ranges.begin(), view_.ranges.end(),
                                  [&](const ViewRange& one) { return one.id == order.command.range; });
  const bool is_done = range != view_.ranges.end() && apply(*range, order.command);
  if (is_done) ++counts_[std::string(balance::kind_of(order.command))];
  controller.ended(order.number, is_done, is_done ? "done" : "stale", "", view_.now_ms);
}

void ClusterModel::step(balance::Controller& controller) {
  view_.now_ms += 1000;
  std::vector<Order> due;
  for (auto order = orders_.begin(); order != orders_.end();) {
    const bool is_due = order->due_ms <= view_.now_ms;
    if (is_due) due.push_back(*order);
    order = is_due ? orders_.erase(order) : std::next(order);
  }
  for (const Order& order : due) carry_out(order, controller);
  count_load();
  controller.plan(view_);
  if (!due.empty()) check();
}

// No range may have a node twice, or a leader that does not vote, and no key may be in none or in two.
void ClusterModel::check() {
  std::set<StoreId> stores;
  for (const ViewRange& range : view_.ranges) stores.insert(range.what.store);
  for (const StoreId store : stores)
    if (const auto fault = balance::fault_of_layout(view_, store)) faults_.push_back(*fault);
  for (const ViewRange& range : view_.ranges) {
    const auto& members = range.what.members;
    std::set<NodeId> all(members.voters.begin(), members.voters.end());
    all.insert(members.learners.begin(), members.learners.end());
    const bool votes = range.leader == NodeId::none ||
                       std::binary_search(members.voters.begin(), members.voters.end(), range.leader);
    if (all.size() != members.voters.size() + members.learners.size() || !votes)
      faults_.push_back("range " + std::to_string(range.id));
  }
}

void ClusterModel::run(balance::Controller& controller, std::size_t seconds) {
  for (std::size_t i = 0; i < seconds; ++i) step(controller);
}

std::int64_t ClusterModel::run_until_rest(balance::Controller& controller, std::size_t seconds_max,
                                          std::size_t quiet) {
  std::size_t quiet_for = 0;
  for (std::size_t second = 0; second < seconds_max; ++second) {
    step(controller);
    quiet_for = orders_.empty() && controller.in_flight() == 0 ? quiet_for + 1 : 0;
    if (quiet_for == quiet) return static_cast<std::int64_t>(second + 1 - quiet);
  }
  return -1;
}

std::uint64_t ClusterModel::count(std::string_view kind) const {
  const auto found = counts_.find(kind);
  return found == counts_.end() ? 0 : found->second;
}

std::map<NodeId, std::uint64_t> ClusterModel::leaders() const {
  std::map<NodeId, std::uint64_t> counts;
  for (const ViewNode& one : view_.nodes)
    if (one.is_alive) counts[one.id] = 0;
  for (const ViewRange& range : view_.ranges)
    if (range.leader != NodeId::none) ++counts[range.leader];
  return counts;
}

std::map<NodeId, std::uint64_t> ClusterModel::voters(StoreId store) const {
  std::map<NodeId, std::uint64_t> counts;
  for (const ViewNode& one : view_.nodes)
    if (one.is_alive) counts[one.id] = 0;
  for (const ViewRange& range : view_.ranges)
    if (range.what.store == store)
      for (const NodeId voter : range.what.members.voters)
        if (is_alive(voter)) ++counts[voter];
  return counts;
}

std::map<NodeId, std::uint64_t> ClusterModel::loads() const {
  std::map<NodeId, std::uint64_t> loads;
  for (const ViewNode& one : view_.nodes)
    if (one.is_alive) loads[one.id] = 0;
  for (const ViewRange& range : view_.ranges)
    if (range.leader != NodeId::none) loads[range.leader] += range.bytes_per_s;
  return loads;
}

std::uint64_t ClusterModel::spread_of(const std::map<NodeId, std::uint64_t>& counts) const {
  const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end(), by_count);
  return most->second - least->second;
}

std::uint64_t ClusterModel::least_moves(const std::map<NodeId, std::uint64_t>& counts) const {
  std::uint64_t total = 0;
  for (const auto& [id, count] : counts) total += count;
  const std::uint64_t least = total / counts.size();
  const std::uint64_t most = (total + counts.size() - 1) / counts.size();
  std::uint64_t above = 0;
  std::uint64_t below = 0;
  for (const auto& [id, count] : counts) {
    above += count > most ? count - most : 0;
    below += count < least ? least - count : 0;
  }
  return std::max(above, below);
}

}  // namespace tenon::test
