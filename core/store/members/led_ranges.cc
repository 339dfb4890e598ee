#include "store/members/led_ranges.h"

#include <algorithm>
#include <cstdio>

namespace tenon::store {

namespace {

using Kind = MemberMessage::Kind;

constexpr std::int64_t look_interval_ns = 250 * ns_per_ms;
// A node that was asked to open a replica is asked again after this.
constexpr std::int64_t ask_again_ns = 2 * ns_per_s;
// A node says that it has lost a replica each two seconds, until something was done about it.
constexpr std::int64_t lost_keeps_ns = 7 * ns_per_s;
// A node that was handed the lead and could not keep it either is not handed it again before this, which
// doubles each time.
constexpr std::int64_t heir_pause_ns_min = ns_per_s;
constexpr std::int64_t heir_pause_ns_max = 16 * ns_per_s;

std::string text_of(const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId node : nodes) {
    char digits[24];
    std::snprintf(digits, sizeof digits, "%s%016llx", text.empty() ? "" : " ",
                  static_cast<unsigned long long>(static_cast<std::uint64_t>(node)));
    text += digits;
  }
  return text.empty() ? "nobody" : text;
}

std::string text_of(const kv::Members& members) {
  return "voters " + text_of(members.voters) + ", learners " + text_of(members.learners);
}

}  // namespace

LedRanges::LedRanges(NodeId self, Replicas& replicas, PeerPort& peers, Policy policy, Report report)
    : self_(self),
      replicas_(replicas),
      peers_(peers),
      policy_(std::move(policy)),
      report_(std::move(report)) {}

Replica* LedRanges::led_replica(const RangeId& range) const {
  Replica* replica = replicas_.replica(range);
  return replica && replica->leads() && !replica->failed() ? replica : nullptr;
}

void LedRanges::send(NodeId to, const MemberMessage& message) {
  peers_.send(to, PeerMessage::members, write_member_message(message));
}

void LedRanges::end_rests() {
  for (auto& [range, led] : led_) led.rests_at.reset();
}

void LedRanges::on_peer(NodeId node, bool up) {
  end_rests();
  if (up) {
    up_.insert(node);
    return;
  }
  up_.erase(node);
  for (auto& [range, led] : led_) {
    // One that is being taken out because it is lost is to come back, also when its link breaks meanwhile.
    if (!led.changing) led.lost.erase(node);
    led.asked.erase(node);
  }
}

void LedRanges::on_message(NodeId from, const MemberMessage& message) {
  Replica* replica = led_replica(message.range);
  if (!replica) {
    if (message.kind == Kind::lost) elect_anew(from, message.range);
    return answer_about_absorbed(from, message.range);
  }
  Led& led = led_[message.range];
  led.rests_at.reset();
  switch (message.kind) {
    case Kind::opened:
      led.lost.erase(from);
      led.asked.erase(from);
      led.opened[from] = {message.epoch, message.was_lost};
      return;
    case Kind::lost:
      led.lost[from] = now_ns_;
      return;
    case Kind::ask:
      return answer_ask(from, *replica, led);
    case Kind::open:
    case Kind::gone:
    case Kind::settled:
      return;
  }
}

// A group that sleeps hears nothing from its leader, so it does not notice that it has none any more while
// the link to its node is there.
void LedRanges::elect_anew(NodeId lost_leader, const RangeId& range) {
  Replica* replica = replicas_.replica(range);
  if (replica && replica->leader() == lost_leader) replica->campaign();
}

// A member of the range that has absorbed it comes to that by the log, and needs until then what it has. What
// is left of a former incarnation is given up by who has it (PastReplicas), and not before it is written
// down.
void LedRanges::answer_about_absorbed(NodeId from, const RangeId& range) {
  bool is_gone = false;
  replicas_.each([&](const Replica& replica) {
    is_gone = is_gone || (replica.leads() && !replica.failed() && replica.id().number != range.number &&
                          replica.range().record().merges.has_absorbed(range) &&
                          !is_member(replica.range().descriptor().members, from));
  });
  if (is_gone) send(from, {Kind::gone, range, UINT32_MAX});
}

void LedRanges::answer_ask(NodeId from, const Replica& replica, Led& led) {
  const kv::Descriptor& descriptor = replica.range().descriptor();
  // With a change under way, the next question gets an answer.
  if (led.changing || !descriptor.members.outgoing.empty() || is_member(descriptor.members, from)) return;
  send(from, {Kind::gone, replica.id(), descriptor.epoch.members});
}

void LedRanges::tick(MonoNs now_ns) {
  now_ns_ = now_ns;
  if (now_ns - looked_ns_ < look_interval_ns) return;
  looked_ns_ = now_ns;
  read_policies();
  std::vector<Replica*> to_look_at;
  std::size_t count = 0;
  replicas_.each([&](const Replica& replica) {
    if (!replica.leads() || replica.failed()) return;
    ++count;
    const Led& led = led_[replica.id()];
    if (led.rests_at != replica.range().applied().index || replica.wanted_members())
      to_look_at.push_back(replicas_.replica(replica.id()));
  });
  if (led_.size() > count)
    std::erase_if(led_, [this](const auto& entry) { return !led_replica(entry.first); });
  for (Replica* replica : to_look_at) look(*replica, led_[replica->id()]);
}

void LedRanges::read_policies() {
  for (const StoreId store : kv::all_stores) {
    MemberPolicy policy = policy_(store);
    MemberPolicy& kept = policies_[store];
    if (kept == policy) continue;
    kept = std::move(policy);
    end_rests();
  }
}

bool LedRanges::is_settled(Replica& replica) const {
  tenon_group_status status{};
  if (replica.range().is_frozen() || !replica.status(status)) return false;
  const kv::Range& range = replica.range();
  return status.change_pending == 0 && range.descriptor().members.outgoing.empty() &&
         range.applied().index == status.committed && range.applied().index >= replica.ready_index();
}

void LedRanges::look(Replica& replica, Led& led) {
  led.rests_at.reset();
  std::erase_if(led.lost, [this](const auto& entry) { return now_ns_ - entry.second > lost_keeps_ns; });
  if (!is_settled(replica)) return;
  take_note(replica, led);
  const MemberFacts facts = facts_of(replica, led);
  if (is_fulfilled(facts)) replica.want_members(std::nullopt);
  const MemberStep step = plan_members(facts);
  for (const NodeId node : step.to_open) open(replica, led, node);
  if (step.change) return change(replica, led, *step.change);
  tell_settled(replica, led);
  const auto is_needless = [&](NodeId node) {
    return !is_member(facts.members, node) &&
           std::find(step.to_open.begin(), step.to_open.end(), node) == step.to_open.end();
  };
  for (const auto& [node, when_ns] : led.lost)
    if (is_needless(node)) send(node, {Kind::gone, replica.id(), facts.epoch});
  // Opened in the place of what was lost, which another one has taken meanwhile.
  std::erase_if(led.opened, [&](const auto& entry) {
    if (!entry.second.was_lost || !is_needless(entry.first)) return false;
    send(entry.first, {Kind::gone, replica.id(), facts.epoch});
    return true;
  });
  if (step == MemberStep{} && led.lost.empty()) led.rests_at = replica.range().applied().index;
}

// Compares with what was wanted, and with the last look.
void LedRanges::take_note(const Replica& replica, Led& led) {
  const kv::Descriptor& descriptor = replica.range().descriptor();
  const kv::Members& now = descriptor.members;
  if (led.changing && *led.changing != now)
    report_(replica.id(), "a change of members was given up: wanted " + text_of(*led.changing) +
                              "; there are " + text_of(now));
  else if (led.changing)
    report_(replica.id(), "the members have changed: " + text_of(now));
  led.changing.reset();
  if (led.seen != now) {
    for (const std::vector<NodeId>* nodes : {&led.seen.voters, &led.seen.learners})
      for (const NodeId node : *nodes)
        if (!is_member(now, node) && node != self_ && !led.lost.contains(node))
          send(node, {Kind::gone, replica.id(), descriptor.epoch.members});
    led.seen = now;
  }
}

MemberFacts LedRanges::facts_of(const Replica& replica, const Led& led) const {
  const kv::Descriptor& descriptor = replica.range().descriptor();
  MemberFacts facts;
  facts.self = self_;
  facts.members = descriptor.members;
  facts.epoch = descriptor.epoch.members;
  facts.policy = policies_.at(descriptor.store);
  facts.up = up_;
  for (const auto& [node, when_ns] : led.lost) facts.lost.insert(node);
  facts.opened = led.opened;
  facts.order = replica.wanted_members();
  return facts;
}

// Those that vote again, or that are not needed to, need not tell of it again and again.
void LedRanges::tell_settled(const Replica& replica, Led& led) {
  const kv::Descriptor& descriptor = replica.range().descriptor();
  const std::vector<NodeId>& voters = descriptor.members.voters;
  const bool is_full = voters.size() >= policies_.at(descriptor.store).voters;
  for (auto& [node, opened] : led.opened) {
    const bool votes = std::find(voters.begin(), voters.end(), node) != voters.end();
    if (!opened.was_lost || !is_member(descriptor.members, node) || !(votes || is_full)) continue;
    opened.was_lost = false;
    send(node, {Kind::settled, replica.id(), descriptor.epoch.members});
  }
}

void LedRanges::open(const Replica& replica, Led& led, NodeId node) {
  const auto asked = led.asked.find(node);
  if (asked != led.asked.end() && now_ns_ - asked->second < ask_again_ns) return;
  led.asked[node] = now_ns_;
  MemberMessage message;
  message.kind = Kind::open;
  message.range = replica.id();
  message.descriptor = replica.range().descriptor();
  message.epoch = message.descriptor.epoch.members;
  const auto opened = led.opened.find(node);
  message.was_lost = led.lost.contains(node) || (opened != led.opened.end() && opened->second.was_lost);
  send(node, message);
}

void LedRanges::change(Replica& replica, Led& led, const kv::Members& target) {
  const tenon_status status = replica.change(target);
  if (status == TENON_OK) led.changing = target;
  // TENON_E_STATE: not yet; the next look finds what is to be done then.
  if (status != TENON_OK && status != TENON_E_STATE)
    report_(replica.id(), "the members can't be changed to " + text_of(target));
}

// The voter that has most of the log, of those that were not handed the lead of late; else the one for whom
// that is longest ago.
NodeId LedRanges::heir_of(const Replica& replica, const std::function<bool(NodeId node)>& may_lead,
                          bool& ret_anybody) const {
  ret_anybody = false;
  tenon_group_status status{};
  if (!replica.status(status)) return NodeId::none;
  const auto known = heirs_.find(replica.id());
  const tenon_group_peer* best = nullptr;
  MonoNs best_at_ns = 0;
  for (const tenon_group_peer& peer : std::span(status.peers, status.peer_count)) {
    const NodeId node{peer.node};
    if (peer.is_voter == 0 || node == self_ || !up_.contains(node) || (may_lead && !may_lead(node))) continue;
    ret_anybody = true;
    MonoNs at_ns = INT64_MIN;  // it was never handed the lead
    if (known != heirs_.end())
      if (const auto heir = known->second.find(node); heir != known->second.end()) {
        if (now_ns_ < heir->second.at_ns + heir->second.pause_ns) continue;
        at_ns = heir->second.at_ns;
      }
    const bool is_better =
        !best || at_ns < best_at_ns || (at_ns == best_at_ns && peer.match_index >= best->match_index);
    if (!is_better) continue;
    best = &peer;
    best_at_ns = at_ns;
  }
  return best ? NodeId{best->node} : NodeId::none;
}

void LedRanges::note_heir(const RangeId& range, NodeId node) {
  Heir& heir = heirs_[range][node];
  heir.at_ns = now_ns_;
  heir.pause_ns = std::clamp(2 * heir.pause_ns, heir_pause_ns_min, heir_pause_ns_max);
}

void LedRanges::forget_heirs() {
  for (auto next = heirs_.begin(); next != heirs_.end();) {
    const auto range = next++;
    std::erase_if(range->second,
                  [this](const auto& entry) { return now_ns_ - entry.second.at_ns > 4 * heir_pause_ns_max; });
    if (range->second.empty()) heirs_.erase(range);
  }
}

std::size_t LedRanges::hand_over(const std::function<bool(const Replica& replica)>& meant,
                                 const std::function<bool(NodeId node)>& may_lead) {
  forget_heirs();
  std::size_t left = 0;
  std::vector<RangeId> leading;
  replicas_.each([&](const Replica& replica) {
    if (led_replica(replica.id()) && (!meant || meant(replica))) leading.push_back(replica.id());
  });
  for (const RangeId& range : leading) {
    Replica* replica = led_replica(range);
    bool is_anybody_there = false;
    const NodeId heir = heir_of(*replica, may_lead, is_anybody_there);
    if (is_anybody_there) ++left;
    if (heir == NodeId::none) continue;
    // One that is under way, or can't be begun now, is looked at again with the next call; behind one that
    // does not keep up, others have their turn.
    const tenon_status status = replica->transfer(heir);
    if (status == TENON_OK || status == TENON_E_TIMEOUT) note_heir(range, heir);
  }
  return left;
}

}  // namespace tenon::store
