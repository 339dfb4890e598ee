#include "store/recovery/put_off.h"

#include <algorithm>

#include "store/majority.h"
#include "store/peer_messages.h"

namespace tenon::store {

namespace {

constexpr std::int64_t look_interval_ns = ns_per_s;
// Without a majority for so long, the node takes itself for alone.
constexpr std::int64_t alone_patience_ns = 5 * ns_per_s;

bool is_provisional(const RangeId& range, const kv::Descriptor& descriptor) {
  return kv::is_provisional(range, descriptor.epoch);
}

// Of the same era, or an earlier one: it may outlive the other, and may have to give way to it.
bool is_rival(const RangeId& range, const kv::Descriptor& descriptor, const RangeId& provisional,
              const kv::Descriptor& of_provisional) {
  return range != provisional && kv::do_overlap(descriptor, of_provisional) &&
         kv::era_of(descriptor.epoch) <= kv::era_of(of_provisional.epoch);
}

}  // namespace

bool stays_before(const RangeId& range, const kv::ProvisionalBase& base, const RangeId& other,
                  const kv::ProvisionalBase& base_of_other) {
  const bool are_comparable = range.number == other.number && base.former == base_of_other.former;
  if (!are_comparable || base.last == base_of_other.last) return range.incarnation > other.incarnation;
  return base.covers(base_of_other.last);
}

PutOff::PutOff(NodeId self, Replicas& replicas, const OwnReplicas& own, const Ranges& ranges, PeerPort& peers,
               Report report, Learn learn)
    : self_(self),
      replicas_(replicas),
      own_(own),
      ranges_(ranges),
      peers_(peers),
      report_(std::move(report)),
      learn_(std::move(learn)) {}

bool PutOff::hears(const RangeId& range, const kv::Descriptor& descriptor) {
  if (!is_provisional(range, descriptor)) {
    heard_.erase(range);
    return false;
  }
  // The node goes by it already, has a replica of it, or knows that another incarnation of it counts.
  if (ranges_.descriptor(range) || replicas_.find(range) || ranges_.has_ended(range)) return false;
  const auto [found, is_new] = heard_.try_emplace(range);
  Heard& heard = found->second;
  if (is_new) {
    heard.alone_since_ns = now_ns_;
    has_news_ = true;
  }
  if (is_new || descriptor.epoch.members > heard.descriptor.epoch.members) heard.descriptor = descriptor;
  return true;
}

void PutOff::on_peer(NodeId node, bool up) {
  if (up)
    up_.insert(node);
  else
    up_.erase(node);
  std::erase_if(words_, [node](const auto& word) { return word.first.second == node; });
  has_news_ = true;
}

void PutOff::on_held(NodeId from, const RecoveryMessage& message) {
  if (heard_.empty() || !up_.contains(from)) return;
  const bool holds = message.kind == RecoveryMessage::Kind::held;
  words_[{message.range.number, from}] = holds ? message.held.id : RangeId{};
  if (!holds) return;
  const auto found = heard_.find(message.held.id);
  if (found != heard_.end() && message.held.base) {
    has_news_ = has_news_ || !found->second.base;
    found->second.base = message.held.base;
  }
  if (!is_provisional(message.held.id, message.held.descriptor))
    learn_(message.held.id, message.held.descriptor);
}

void PutOff::turn() {
  if (heard_.empty()) {
    words_.clear();
    return;
  }
  if (!std::exchange(has_news_, false) && now_ns_ - looked_ns_ < look_interval_ns) return;
  looked_ns_ = now_ns_;
  std::vector<RangeId> ranges;
  for (const auto& [range, heard] : heard_) ranges.push_back(range);
  for (const RangeId& range : ranges)
    if (const auto found = heard_.find(range); found != heard_.end() && look(range, found->second))
      heard_.erase(range);
}

bool PutOff::look(const RangeId& range, Heard& heard) {
  heard.is_kept_from = false;
  if (ranges_.descriptor(range) || ranges_.has_ended(range)) return true;
  const Formers formers = formers_of(range, heard);
  // One that holds some of its keys has outlived it. It is over, and those that hold the rest are to outlive
  // it as well: who goes by it still knows them by nothing else.
  const bool is_over = ranges_.is_past(range, heard.descriptor);
  if (is_over && formers.empty()) return true;
  ask(range, heard, formers);
  outlive(range, heard);
  bool is_alone = true;
  for (const auto& [former, descriptor] : formers) {
    if (is_provisional(former, descriptor) || !has_majority(heard, former, descriptor)) continue;
    is_alone = false;
    bring(range, heard, descriptor);
  }
  if (!is_alone || is_over) {
    heard.alone_since_ns = now_ns_;
    return false;
  }
  if (now_ns_ - heard.alone_since_ns < alone_patience_ns) return false;
  if (!all_give_way(range, heard)) {
    heard.is_kept_from = true;
    report_kept(range, heard);
    return false;
  }
  const kv::Descriptor descriptor = heard.descriptor;
  learn_(range, descriptor);
  return true;
}

// As far as this node knows; its own replicas may be of some that others have split by now.
PutOff::Formers PutOff::formers_of(const RangeId& range, const Heard& heard) const {
  Formers formers;
  ranges_.each_in(heard.descriptor, [&](const kv::RangeTable::Entry& entry) {
    if (is_rival(entry.id, entry.descriptor, range, heard.descriptor))
      formers.emplace(entry.id, entry.descriptor);
  });
  for (const RangeId& own : own_replicas(range, heard)) {
    const kv::Descriptor& descriptor = replicas_.find(own)->range().descriptor();
    if (is_rival(own, descriptor, range, heard.descriptor)) formers.insert_or_assign(own, descriptor);
  }
  return formers;
}

std::vector<RangeId> PutOff::own_replicas(const RangeId& range, const Heard& heard) const {
  std::vector<RangeId> found;
  replicas_.each([&](const Replica& replica) {
    if (replica.id() != range && kv::do_overlap(replica.range().descriptor(), heard.descriptor))
      found.push_back(replica.id());
  });
  return found;
}

bool PutOff::is_there(const Heard& heard, const RangeId& former, NodeId voter) const {
  if (voter == self_) {
    const Replica* replica = replicas_.find(former);
    return replica && !replica->failed();
  }
  if (!up_.contains(voter) || kv::has_member(heard.descriptor.members, voter)) return false;
  // Until it has said so, it is taken to hold it.
  const auto word = words_.find({former.number, voter});
  return word == words_.end() || word->second == former;
}

bool PutOff::has_majority(const Heard& heard, const RangeId& former, const kv::Descriptor& descriptor) const {
  const auto is_there = [&](NodeId node) { return this->is_there(heard, former, node); };
  return is_majority(descriptor.members.voters, is_there) ||
         is_majority(descriptor.members.outgoing, is_there);
}

void PutOff::ask(const RangeId& range, const Heard& heard, const Formers& formers) {
  std::set<std::pair<std::uint64_t, NodeId>> asked;
  const auto ask_all = [&](std::uint64_t number, const std::vector<NodeId>& nodes) {
    for (const NodeId node : nodes)
      if (up_.contains(node)) asked.emplace(number, node);
  };
  ask_all(range.number, heard.descriptor.members.voters);
  ask_all(range.number, heard.descriptor.members.learners);
  for (const auto& [former, descriptor] : formers) {
    ask_all(former.number, descriptor.members.voters);
    ask_all(former.number, descriptor.members.outgoing);
  }
  for (const auto& [number, node] : asked) {
    RecoveryMessage message;
    message.kind = RecoveryMessage::Kind::ask;
    message.round = round;
    message.range = {number, range.incarnation};
    peers_.send(node, PeerMessage::recovery, write_recovery_message(message));
  }
}

void PutOff::bring(const RangeId& range, const Heard& heard, const kv::Descriptor& former) {
  for (const NodeId node : former.members.voters)
    if (up_.contains(node))
      peers_.send(node, PeerMessage::range, write_range_message({range, heard.descriptor}));
}

// That it can be committed is what shows that a majority is there.
void PutOff::outlive(const RangeId& range, const Heard& heard) {
  for (const RangeId& own : own_replicas(range, heard)) {
    Replica& replica = *replicas_.replica(own);
    const kv::RangeRecord& record = replica.range().record();
    if (!replica.leads() || replica.failed() || !is_rival(own, record.descriptor, range, heard.descriptor))
      continue;
    if (record.base && (!heard.base || !stays_before(own, *record.base, range, *heard.base))) continue;
    replica.outlive({range, heard.descriptor.epoch.boundary});
  }
}

bool PutOff::gives_way(const RangeId& range, const Heard& heard, const Replica& replica) const {
  const kv::RangeRecord& record = replica.range().record();
  if (replica.is_blank() && !replica.failed()) return true;
  tenon_group_status status{};
  if (replica.failed() || replica.installing() || !heard.base || !replica.status(status)) return false;
  // Who begins with less is outlived, or, of a lower incarnation, gives way by itself.
  if (record.base) return range > record.id && !stays_before(record.id, *record.base, range, *heard.base);
  return record.id == RangeId{range.number, heard.base->former} &&
         heard.base->covers({status.last.index, status.last.term});
}

bool PutOff::all_give_way(const RangeId& range, const Heard& heard) const {
  bool is_any_lost = false;
  own_.each_lost([&](const kv::RangeRecord& record) {
    is_any_lost = is_any_lost || (record.id != range && kv::do_overlap(record.descriptor, heard.descriptor));
  });
  if (is_any_lost) return false;
  const std::vector<RangeId> own = own_replicas(range, heard);
  return std::all_of(own.begin(), own.end(),
                     [&](const RangeId& one) { return gives_way(range, heard, *replicas_.find(one)); });
}

bool PutOff::keeps(const RangeId& range) const {
  return std::any_of(heard_.begin(), heard_.end(), [&](const auto& entry) {
    if (!entry.second.is_kept_from) return false;
    const std::vector<RangeId> own = own_replicas(entry.first, entry.second);
    return std::find(own.begin(), own.end(), range) != own.end();
  });
}

void PutOff::report_kept(const RangeId& range, Heard& heard) const {
  // What it began with may still be asked for.
  if (!heard.base || std::exchange(heard.is_reported, true)) return;
  report_(range,
          "the range was recovered by others on nothing but silence, and what this node holds may have been "
          "acknowledged and not be in it: it is kept and serves nobody, until the others of its group are "
          "there or the recovery is confirmed");
}

}  // namespace tenon::store
