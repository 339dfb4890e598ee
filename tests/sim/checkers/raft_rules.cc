#include "sim/checkers/raft_rules.h"

#include <algorithm>

#include "algorithm/configuration.h"
#include "wire/hard_state_codec.h"
#include "wire/message_codec.h"

namespace tenon::sim {
namespace {

std::string_view view_of(const tenon_bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.len};
}

std::vector<std::uint64_t> numbers_of(const std::vector<raft::NodeId>& nodes) {
  std::vector<std::uint64_t> numbers;
  for (const raft::NodeId node : nodes) numbers.push_back(static_cast<std::uint64_t>(node));
  return numbers;
}

// For each voter, and behind a bar for each outgoing one, whether it has voted.
std::string text_of(const Deciders& deciders, std::uint64_t self, const std::set<std::uint64_t>& votes) {
  std::string text;
  const auto add = [&](const std::vector<std::uint64_t>& nodes) {
    for (const std::uint64_t node : nodes) text += node == self ? "s" : votes.contains(node) ? "+" : "-";
  };
  add(deciders.voters);
  text += "|";
  add(deciders.outgoing);
  return text;
}

// How many voters come or go.
std::size_t difference(const Deciders& a, const Deciders& b) {
  std::vector<std::uint64_t> all;
  std::set_symmetric_difference(a.voters.begin(), a.voters.end(), b.voters.begin(), b.voters.end(),
                                std::back_inserter(all));
  return all.size();
}

}  // namespace

RaftRules::RaftRules(World& world, const LogChecker& logs, const std::vector<kv::NodeId>& nodes)
    : world_(world), logs_(logs), nodes_(nodes) {}

std::optional<Deciders> RaftRules::read_deciders(const tenon_log_entry& entry) {
  if (entry.type != static_cast<std::uint32_t>(raft::EntryKind::configuration)) return std::nullopt;
  const auto configuration = raft::decode_configuration(view_of(entry.data));
  if (!configuration) return std::nullopt;
  return Deciders{numbers_of(configuration->voters), numbers_of(configuration->voters_outgoing)};
}

void RaftRules::fail(std::uint32_t node, const kv::RangeId& range, const std::string& what) {
  world_.fail("node " + std::to_string(node) + ", range " + std::to_string(range.number) + ": " + what);
}

void RaftRules::on_birth(std::uint32_t node) {
  const auto is_of_node = [node](const auto& one) { return one.first.first == node; };
  std::erase_if(durable_terms_, is_of_node);
  std::erase_if(leading_, is_of_node);
  std::erase_if(said_, is_of_node);
  std::erase_if(open_changes_, is_of_node);
  std::erase_if(linked_, [node](const auto& one) { return one.first == node; });
  std::erase_if(was_asked_, [node](const Key& one) { return one.first == node; });
}

void RaftRules::take_hard_state(std::uint32_t node, const kv::RangeId& range, std::string_view bytes) {
  if (bytes.empty()) return;
  raft::HardStateRecord record;
  if (raft::decode_hard_state(bytes, &record) != nullptr)
    return fail(node, range, "its hard state can't be read");
  std::uint64_t& newest = durable_terms_[{node, range}];
  newest = std::max(newest, record.hard.term);
  durable_.emplace(node, range, record.hard.term, static_cast<std::uint64_t>(record.hard.vote));
}

void RaftRules::on_log_found(std::uint32_t node, const FoundLog& log) {
  take_hard_state(node, log.range, log.hard_state);
}

void RaftRules::on_log_durable(std::uint32_t node, std::span<const tenon_log_write> writes) {
  for (const tenon_log_write& write : writes)
    if ((write.flags & TENON_LOG_SET_HARD_STATE) != 0)
      take_hard_state(node, {write.group.range, write.group.incarnation}, view_of(write.hard_state));
}

bool RaftRules::has_voted(std::uint32_t node, const kv::RangeId& range, std::uint64_t term,
                          std::uint64_t candidate) const {
  const auto newest = durable_terms_.find({node, range});
  return durable_.contains({node, range, term, candidate}) ||
         (newest != durable_terms_.end() && newest->second > term);
}

void RaftRules::on_leads(std::uint32_t node, const kv::RangeId& range, std::uint64_t term) {
  const auto self = static_cast<std::uint64_t>(nodes_[node]);
  leaders_[{range, term}] = node;
  if (leading_[{node, range}] == term) return;
  leading_[{node, range}] = term;
  if (!has_voted(node, range, term, self))
    fail(node, range, "leads in term " + std::to_string(term) + " before its own vote is durable");
  const std::set<std::uint64_t>& votes = given_[{range, term, self}];
  const MemberLog* log = logs_.written(node, range);
  if (log && !logs_.has_gone(range) &&
      !log->deciders().decide([&](std::uint64_t id) { return id == self || votes.contains(id); }))
    fail(node, range,
         "leads in term " + std::to_string(term) +
             " without the votes of those who decide: " + text_of(log->deciders(), self, votes));
}

void RaftRules::on_vote(std::uint32_t node, const kv::RangeId& range, std::uint64_t to, std::uint64_t term) {
  const std::string name = "votes in term " + std::to_string(term);
  if (!has_voted(node, range, term, to)) fail(node, range, name + " before that is durable");
  const auto [vote, is_first] = votes_.try_emplace({node, range, term}, to);
  if (!is_first && vote->second != to) fail(node, range, name + " for two nodes");
  given_[{range, term, to}].insert(static_cast<std::uint64_t>(nodes_[node]));
  const auto asked = asked_.find({range, term, to});
  const MemberLog* log = logs_.written(node, range);
  if (asked == asked_.end() || !log) return;
  // What came from the new leader itself, before the vote left, does not count.
  std::uint64_t last = log->last();
  while (last > log->base.index && log->term_at(last) >= term) --last;
  if (asked->second < std::pair(log->term_at(last), last))
    fail(node, range, name + " for a node whose log is behind");
}

void RaftRules::on_acknowledged(std::uint32_t node, const kv::RangeId& range, std::uint64_t to,
                                std::uint64_t term, std::uint64_t index) {
  if (logs_.has_gone(range)) return;
  if (index == 0) return;  // tells a sender of an earlier term of this one, and no more
  const auto leader = leaders_.find({range, term});
  if (leader == leaders_.end() || static_cast<std::uint64_t>(nodes_[leader->second]) != to)
    return fail(node, range,
                "acknowledges in term " + std::to_string(term) + " to a node that does not lead in it");
  // One that leaves late says what was so before a later term came.
  const auto newest = durable_terms_.find({node, range});
  if (newest != durable_terms_.end() && newest->second > term) return;
  const MemberLog* own = logs_.durable(node, range);
  const std::string name = "acknowledges entry " + std::to_string(index);
  if (own && index > own->last()) return fail(node, range, name + ", which is not durable");
  const auto leading = leading_.find({leader->second, range});
  const MemberLog* other = logs_.written(leader->second, range);
  if (!own || !other || leading == leading_.end() || leading->second != term) return;
  const std::uint64_t own_term = own->term_at(index);
  const std::uint64_t other_term = other->term_at(index);
  if (index > other->last() || (own_term != 0 && other_term != 0 && own_term != other_term))
    fail(node, range, name + ", which is not what the leader has there");
}

void RaftRules::on_handed_over(std::uint32_t node, const kv::RangeId& range, std::uint64_t to) {
  if (logs_.has_gone(range)) return;
  const auto place = logs_.place_of(to);
  const MemberLog* own = logs_.written(node, range);
  const MemberLog* other = place ? logs_.durable(*place, range) : nullptr;
  if (own && other && !other->holds(own->last(), own->last_term()))
    fail(node, range, "hands its lead to a node that does not have everything");
}

void RaftRules::on_sent(std::uint32_t node, const tenon_peer_message& sent) {
  const kv::RangeId range{sent.group.range, sent.group.incarnation};
  raft::Message message;
  if (raft::decode_message(view_of(sent.payload), &message) != nullptr)
    return fail(node, range, "sends a message that can't be read");
  const auto self = static_cast<std::uint64_t>(nodes_[node]);
  switch (message.type) {
    case raft::MessageType::pre_vote:
      return on_asked_for_vote(node, range, sent.node);
    case raft::MessageType::vote:
      on_asked_for_vote(node, range, sent.node);
      asked_[{range, message.term, self}] = {message.log_term, message.index};
      if (!has_voted(node, range, message.term, self))
        fail(node, range,
             "asks for votes in term " + std::to_string(message.term) + " before that is durable");
      return;
    case raft::MessageType::vote_response:
      return message.reject ? void() : on_vote(node, range, sent.node, message.term);
    case raft::MessageType::append_response:
      return message.reject ? void() : on_acknowledged(node, range, sent.node, message.term, message.index);
    case raft::MessageType::timeout_now:
      return on_handed_over(node, range, sent.node);
    default:
      return;
  }
}

void RaftRules::on_received(std::uint32_t node, const tenon_peer_message& received) {
  const kv::RangeId range{received.group.range, received.group.incarnation};
  raft::Message message;
  if (raft::decode_message(view_of(received.payload), &message) != nullptr) return;
  if (message.type == raft::MessageType::pre_vote)
    was_asked_.insert({node, range});
  else if (message.type == raft::MessageType::heartbeat && message.quiesce)
    was_asked_.erase({node, range});
}

void RaftRules::on_peer_state(std::uint32_t node, std::uint64_t other, bool is_up) {
  if (is_up)
    linked_.insert({node, other});
  else
    linked_.erase({node, other});
}

void RaftRules::on_asked_for_vote(std::uint32_t node, const kv::RangeId& range, std::uint64_t to) {
  const MemberLog* log = logs_.written(node, range);
  if (!log || logs_.has_gone(range)) return;
  const Deciders& deciders = log->deciders();
  for (const auto* nodes : {&deciders.voters, &deciders.outgoing})
    if (std::find(nodes->begin(), nodes->end(), to) != nodes->end()) return;
  fail(node, range, "asks somebody for a vote who does not decide");
}

// A leader that has not yet written its newest entries may know of a change that does not show here.
void RaftRules::check_members(std::uint32_t node, const kv::RangeId& range,
                              const tenon_group_status& status) {
  const MemberLog* log = logs_.written(node, range);
  if (!log || log->deciders().voters.empty() || status.last.index != log->last() || logs_.has_gone(range))
    return;
  std::set<std::uint64_t> expected(log->deciders().voters.begin(), log->deciders().voters.end());
  expected.insert(log->deciders().outgoing.begin(), log->deciders().outgoing.end());
  std::set<std::uint64_t> voters;
  for (const tenon_group_peer& peer : std::span(status.peers, status.peer_count))
    if (peer.is_voter != 0) voters.insert(peer.node);
  if (voters != expected) fail(node, range, "leads with others than those whom its log names");
}

void RaftRules::check_sleep(std::uint32_t node, const kv::RangeId& range, const tenon_group_status& status) {
  const bool was_asked = was_asked_.erase({node, range}) > 0;
  if (status.quiescent == 0) return;
  if (was_asked) return fail(node, range, "sleeps on though it was asked for a vote");
  if (status.committed < status.last.index)
    return fail(node, range, "sleeps over entries that are not committed");
  const auto self = static_cast<std::uint64_t>(nodes_[node]);
  for (const tenon_group_peer& peer : std::span(status.peers, status.peer_count))
    if (peer.node != self && peer.match_index < status.last.index && linked_.contains({node, peer.node}))
      return fail(node, range, "sleeps though a member that it is linked to does not have everything");
}

void RaftRules::on_log_write(std::uint32_t node, std::span<const tenon_log_write> writes) {
  for (const tenon_log_write& write : writes)
    for (const tenon_log_entry& entry : std::span(write.entries, write.entry_count))
      if (entry.type == static_cast<std::uint32_t>(raft::EntryKind::configuration))
        on_change(node, {write.group.range, write.group.incarnation}, entry);
}

// Of a leader's own. The log has taken the entry.
void RaftRules::on_change(std::uint32_t node, const kv::RangeId& range, const tenon_log_entry& entry) {
  const auto leading = leading_.find({node, range});
  const MemberLog* log = logs_.written(node, range);
  if (leading == leading_.end() || leading->second != entry.at.term || !log) return;
  const auto change = log->changes.find(entry.at.index);
  if (change == log->changes.end()) return;
  const bool is_first = change == log->changes.begin();
  const Deciders& before = is_first ? log->before : std::prev(change)->second;
  const Deciders& now = change->second;
  if (now.outgoing.empty() && before.outgoing.empty() && difference(before, now) > 1)
    fail(node, range, "changes more than one voter at once");
  open_changes_[{node, range}] = is_first ? 0 : std::prev(change)->first;
}

void RaftRules::on_status(std::uint32_t node, const kv::RangeId& range, const tenon_group_status& status) {
  const Said now{status.role.role, status.role.term, status.committed};
  Said& said = said_[{node, range}];
  const MemberLog* log = logs_.written(node, range);
  const bool leads = now.role == TENON_ROLE_LEADER;
  if (leads) check_members(node, range, status);
  check_sleep(node, range, status);
  const std::uint64_t committed_term = log ? log->term_at(now.committed) : 0;
  if (leads && said.role == now.role && said.term == now.term && now.committed > said.committed &&
      committed_term != 0 && committed_term != now.term)
    fail(node, range, "commits by an entry of an earlier term");
  const auto open = open_changes_.find({node, range});
  if (open != open_changes_.end()) {
    if (leads && now.committed < open->second)
      fail(node, range, "changes its members while another change is open");
    if (leads && committed_term != 0 && committed_term != now.term)
      fail(node, range, "changes its members before it has committed in its term");
    open_changes_.erase(open);
  }
  if (!leads) leading_.erase({node, range});
  said = now;
}

}  // namespace tenon::sim
