#include "replication/replica_set.h"

#include <algorithm>

namespace tenon::tools {
namespace {

constexpr std::int64_t tick_ns = 50'000'000;
constexpr int ticks_max = 2'000;  // of waiting: 100 s of the members' time
constexpr std::size_t payloads_max = 200;
constexpr std::uint32_t data_bytes_max = 3'000;

std::vector<std::uint64_t> ids_up_to(std::uint64_t count) {
  std::vector<std::uint64_t> ids;
  for (std::uint64_t id = 1; id <= count; ++id) ids.push_back(id);
  return ids;
}

}  // namespace

ReplicaSet::ReplicaSet(CheckHost& check_host, const tenon_plugin_descriptor& descriptor,
                       const Subject& subject, std::uint64_t count)
    : world_{check_host, descriptor, subject, ids_up_to(count), effects_, leaders_}, random_(subject.seed) {
  for (const std::uint64_t id : world_.voters) {
    members_.push_back(std::make_unique<Replica>(world_, id));
    members_.back()->start();
  }
  tell_links();
}

bool ReplicaSet::passes(std::uint64_t from, std::uint64_t to) const {
  if (from == cut_off_ || to == cut_off_) return false;
  return hub_ == 0 || from == hub_ || to == hub_;
}

void ReplicaSet::tell_links() {
  for (const auto& member : members_) {
    if (!member->is_running()) continue;
    for (const auto& other : members_) {
      if (other == member) continue;
      auto& told = told_up_[{member->id(), other->id()}];
      if (told.first != member->run()) told = {member->run(), 0};
      const std::uint64_t run = passes(member->id(), other->id()) ? other->run() : 0;
      if (told.second == run) continue;
      if (told.second != 0) member->peer_state(other->id(), TENON_PEER_DOWN);
      if (run != 0) member->peer_state(other->id(), TENON_PEER_UP);
      told.second = run;
    }
  }
}

void ReplicaSet::carry(std::vector<PeerMessage> sent) {
  for (PeerMessage& message : sent) {
    if (message.to == 0 || message.to > members_.size() || message.to == message.from)
      throw ReplicationFault("sends a message to node " + std::to_string(message.to) +
                             ", which is none of the others");
    if (payloads_.size() < payloads_max) payloads_.push_back(message.payload);
    if (!passes(message.from, message.to) || happens(weather_.lost)) continue;
    if (happens(weather_.doubled)) late_.push_back(message);
    (happens(weather_.late) ? late_ : under_way_).push_back(std::move(message));
  }
}

void ReplicaSet::tick() {
  now_ns_ += tick_ns;
  tell_links();
  std::vector<PeerMessage> arriving = std::exchange(under_way_, {});
  while (!late_.empty() && happens(50)) {
    const std::size_t at = below(static_cast<std::uint32_t>(late_.size()));
    arriving.push_back(std::move(late_[at]));
    late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  for (const auto& member : members_) {
    if (!member->is_running() || member->id() == frozen_) continue;
    std::vector<PeerMessage> mine;
    std::copy_if(arriving.begin(), arriving.end(), std::back_inserter(mine),
                 [&](const PeerMessage& message) { return message.to == member->id(); });
    member->tick(now_ns_);
    if (!mine.empty()) member->step(mine);
    if (happens(weather_.slow))
      member->turn_out();
    else
      member->settle();
    carry(member->take_sent());
  }
  look_at_agreement();
}

void ReplicaSet::until(const std::function<bool()>& done, const char* what) {
  for (int i = 0; i < ticks_max; ++i) {
    if (done()) return;
    tick();
  }
  throw ReplicationFault("after " + std::to_string(ticks_max) + " ticks " + what);
}

std::uint64_t ReplicaSet::leader() {
  return leader_of_others(0);
}

std::uint64_t ReplicaSet::leader_of_others(std::uint64_t id) {
  const Replica* found = nullptr;
  for (const auto& member : members_)
    if (member->id() != id && member->is_running() && member->leads() &&
        (!found || member->term() > found->term()))
      found = member.get();
  return found ? found->id() : 0;
}

std::uint64_t ReplicaSet::await_leader() {
  until([&] { return leader() != 0; }, "nobody leads");
  return leader();
}

bool ReplicaSet::propose() {
  const std::uint64_t id = leader();
  if (id == 0) return false;
  std::string data = "proposal " + std::to_string(++proposal_count_) + " ";
  data.append(below(data_bytes_max), 'x');
  tenon_log_point at{};
  const tenon_status status = member(id).propose(data, &at);
  if (status != TENON_OK && status != TENON_E_BUSY && status != TENON_E_STATE)
    throw ReplicationFault("propose answers " + std::to_string(status));
  if (status != TENON_OK) return false;
  if (at.index <= member(id).applied().size())
    throw ReplicationFault("propose tells index " + std::to_string(at.index) + ", which is applied already");
  return true;
}

void ReplicaSet::agree_on_one(const char* what, std::uint64_t without) {
  until([&] { return propose(); }, what);
  const std::string wanted = "proposal " + std::to_string(proposal_count_) + " ";
  until(
      [&] {
        return std::all_of(members_.begin(), members_.end(), [&](const auto& member) {
          if (member->id() == without) return true;
          const auto& applied = member->applied();
          return std::any_of(applied.rbegin(), applied.rend(),
                             [&](const AppliedEntry& entry) { return entry.data.starts_with(wanted); });
        });
      },
      what);
}

bool ReplicaSet::is_level() {
  return std::all_of(members_.begin(), members_.end(),
                     [&](const auto& member) { return member->applied().size() == agreed_.size(); });
}

void ReplicaSet::lose_power(std::uint64_t id) {
  Replica& one = member(id);
  carry(one.take_sent());
  one.lose_power(below(static_cast<std::uint32_t>(one.log().queued_count() + 1)),
                 below(static_cast<std::uint32_t>(one.applied().size() + 1)));
  looked_at_[id] = std::min(looked_at_[id], one.applied().size());
}

void ReplicaSet::start_all() {
  for (const auto& member : members_)
    if (!member->is_running()) member->start();
}

// Of proposals: what a group begins with is known to each member without a log.
void ReplicaSet::look_at_durability(const AppliedEntry& entry) const {
  if (entry.data.empty()) return;
  const auto holders = std::count_if(members_.begin(), members_.end(),
                                     [&](const auto& member) { return member->log().holds(entry.at); });
  if (static_cast<std::uint64_t>(holders) <= count() / 2)
    throw ReplicationFault("entry " + std::to_string(entry.at.index) + " is applied while it is durable at " +
                           std::to_string(holders) + " of " + std::to_string(count()) + " members");
}

void ReplicaSet::look_at_agreement() {
  for (const auto& member : members_) {
    const std::vector<AppliedEntry>& applied = member->applied();
    for (std::size_t& i = looked_at_[member->id()]; i < applied.size(); ++i) {
      if (i == agreed_.size()) {
        look_at_durability(applied[i]);
        agreed_.push_back(applied[i]);
      }
      const AppliedEntry& agreed = agreed_[i];
      if (agreed.at.term != applied[i].at.term || agreed.data != applied[i].data)
        throw ReplicationFault("member " + std::to_string(member->id()) + " applies another entry " +
                               std::to_string(i + 1) + " than was applied before");
    }
  }
}

}  // namespace tenon::tools
