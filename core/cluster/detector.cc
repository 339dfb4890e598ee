#include "cluster/detector.h"

#include <algorithm>
#include <utility>

namespace tenon::cluster {

std::string_view to_string(NodeState state) {
  switch (state) {
    case NodeState::alive:
      return "alive";
    case NodeState::suspect:
      return "suspect";
    case NodeState::gone:
      return "gone";
    case NodeState::left:
      break;
  }
  return "left";
}

void FailureDetector::on_known(NodeId id, MonoNs now) {
  const auto [found, is_new] = nodes_.try_emplace(id);
  Node& node = found->second;
  // Who tells of a node that said goodbye to this one may have a link to its next start.
  if (!is_new && (node.linked || node.state != NodeState::left)) return;
  node.heard_ns = now;
  if (is_new) node.down_ns = INT64_MIN / 2;
  become(id, node, NodeState::suspect, NodeId::none, now);
  ask_about(id, node, now);
}

void FailureDetector::on_up(NodeId id, std::uint64_t incarnation, MonoNs now) {
  const auto [found, is_new] = nodes_.try_emplace(id);
  Node& node = found->second;
  const bool is_another = is_new || node.incarnation != incarnation;
  node.incarnation = incarnation;
  node.linked = true;
  node.heard_ns = node.sent_ns = now;
  node.witness = NodeId::none;
  if (is_another || node.state != NodeState::alive) become(id, node, NodeState::alive, NodeId::none, now);
}

void FailureDetector::on_heard(NodeId id, MonoNs sent_ns) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return;
  Node& node = found->second;
  node.heard_ns = std::max(node.heard_ns, sent_ns);
  node.sent_ns = std::max(node.sent_ns, sent_ns);
}

void FailureDetector::on_down(NodeId id, LinkEnd why, MonoNs now) {
  notice_stall(now);
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return;
  Node& node = found->second;
  node.linked = false;
  node.down_ns = now;
  if (why == LinkEnd::leaving)
    become(id, node, NodeState::left, NodeId::none, now);
  else
    look_at(id, node, now);
}

std::optional<FailureDetector::Word> FailureDetector::word_about(NodeId id, MonoNs now) const {
  const auto found = nodes_.find(id);
  if (found == nodes_.end() || !found->second.linked) return std::nullopt;
  return Word{found->second.incarnation, std::max<std::int64_t>(0, now - found->second.sent_ns)};
}

void FailureDetector::on_answer(NodeId witness, NodeId about, const Word& word,
                                std::optional<MonoNs> asked_ns, MonoNs now) {
  notice_stall(now);
  const auto found = nodes_.find(about);
  if (found == nodes_.end() || word.heard_ago_ns < 0) return;
  Node& node = found->second;
  const MonoNs said_ns = std::clamp<MonoNs>(asked_ns.value_or(now), 0, now);  // or later
  const MonoNs heard_ns = said_ns - std::min(word.heard_ago_ns, said_ns);
  // What was heard of an earlier start says nothing of this one.
  if (word.incarnation < node.incarnation) return;
  if (word.incarnation > node.incarnation) {
    node.incarnation = word.incarnation;
    node.down_ns = std::min(node.down_ns, heard_ns - 1);
    become(about, node, NodeState::suspect, NodeId::none, now);
  } else if (heard_ns <= node.witnessed_ns) {
    return;
  }
  node.witnessed_ns = heard_ns;
  node.witness = witness;
  node.last_answered = witness;
  // One that said goodbye and is heard all the same may not have been heard before that.
  if (node.state == NodeState::left && heard_ns <= node.down_ns) return;
  look_at(about, node, now);
}

void FailureDetector::tick(MonoNs now) {
  // While this node itself stood still, nobody could be heard.
  const std::int64_t late_ns = ticked_ns_ == 0 ? 0 : now - ticked_ns_ - options_.tick_ns;
  ticked_ns_ = now;
  for (auto& [id, node] : nodes_) {
    if (late_ns > 0) {
      node.heard_ns = std::min(node.heard_ns + late_ns, now);
      node.witnessed_ns = std::min(node.witnessed_ns + late_ns, now);
      if (!node.linked) node.down_ns = std::min(node.down_ns + late_ns, now);
    }
    if (node.state != NodeState::left) look_at(id, node, now);
  }
  std::erase_if(nodes_, [&](const auto& entry) {
    const Node& node = entry.second;
    const bool away = node.state == NodeState::gone || node.state == NodeState::left;
    return away && !node.linked && now - node.since_ns > options_.forget_ns;
  });
}

void FailureDetector::notice_stall(MonoNs now) {
  if (ticked_ns_ != 0 && now - ticked_ns_ > options_.tick_ns) tick(now);
}

void FailureDetector::look_at(NodeId id, Node& node, MonoNs now) {
  const bool heard = node.linked && now - node.heard_ns <= options_.suspect_ns;
  // Behind the end of a link only what came later counts: the end may be that of the node.
  const bool witnessed =
      now - node.witnessed_ns <= options_.suspect_ns && (node.linked || node.witnessed_ns > node.down_ns);
  if (heard || witnessed) {
    const NodeId witness = heard ? NodeId::none : node.witness;
    if (node.state != NodeState::alive) become(id, node, NodeState::alive, witness, now);
    node.witness = witness;
  } else if (now - std::max(node.heard_ns, node.witnessed_ns) > options_.gone_ns) {
    if (node.state != NodeState::gone) become(id, node, NodeState::gone, NodeId::none, now);
  } else if (node.state == NodeState::alive) {
    become(id, node, NodeState::suspect, NodeId::none, now);
  }
  if (!heard) ask_about(id, node, now);
}

// Of those that are linked, the one that has answered last, and the next ones in turn: each of them is asked
// in the end, however many nodes are asked for at once.
void FailureDetector::ask_about(NodeId id, Node& node, MonoNs now) {
  const std::int64_t pause_ns = node.state == NodeState::gone ? options_.ask_gone_ns : options_.ask_ns;
  if (options_.witness_count_max == 0 || now - node.asked_ns < pause_ns) return;
  std::vector<NodeId> witnesses;
  for (const auto& [other, known] : nodes_)
    if (other != id && known.linked) witnesses.push_back(other);
  if (witnesses.empty()) return;
  node.asked_ns = now;
  std::ranges::rotate(witnesses, std::ranges::upper_bound(witnesses, node.last_asked));
  // With one place only, who has answered takes his turn like the others.
  const auto known =
      options_.witness_count_max > 1 ? std::ranges::find(witnesses, node.last_answered) : witnesses.end();
  if (known != witnesses.end()) std::rotate(witnesses.begin(), known, known + 1);
  if (witnesses.size() > options_.witness_count_max) witnesses.resize(options_.witness_count_max);
  for (const NodeId witness : witnesses) questions_.push_back({witness, id});
  node.last_asked = witnesses.back();
}

void FailureDetector::become(NodeId id, Node& node, NodeState state, NodeId witness, MonoNs now) {
  node.state = state;
  node.since_ns = now;
  if (state == NodeState::suspect) node.asked_ns = INT64_MIN / 2;
  changes_.push_back({id, state, node.incarnation, std::max(node.heard_ns, node.witnessed_ns), witness});
}

std::vector<FailureDetector::Question> FailureDetector::take_questions() {
  return std::exchange(questions_, {});
}

std::vector<FailureDetector::Change> FailureDetector::take_changes() {
  return std::exchange(changes_, {});
}

std::vector<FailureDetector::View> FailureDetector::nodes() const {
  std::vector<View> views;
  for (const auto& [id, node] : nodes_)
    views.push_back({id, node.state, node.since_ns, std::max(node.heard_ns, node.witnessed_ns), node.linked,
                     node.witness});
  return views;
}

}  // namespace tenon::cluster
