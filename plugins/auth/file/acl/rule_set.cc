#include "acl/rule_set.h"

#include <algorithm>
#include <cstring>

namespace tenon::auth_file {

// Goes down the tree beside a topic name or a filter and sums up what the rules on the way say.
class RuleWalk {
 public:
  enum class Question : std::uint8_t { match, overlap, cover };

  RuleWalk(Question question, const RuleSet& rules, const Subject& subject, std::string_view topic,
           AccessBits enough)
      : question_(question), rules_(rules), subject_(subject), topic_(topic), enough_(enough) {}

  AccessBits run() {
    visit(rules_.nodes_[0], 0);
    return found_;
  }

 private:
  using Node = RuleSet::Node;
  static constexpr std::size_t at_end = std::string_view::npos;

  bool is_answered() const { return (found_ & enough_) != 0; }

  // `begin` is where the next level of the topic begins, or at_end.
  void visit(const Node& node, std::size_t begin) {
    const bool is_dollar = begin == 0 && topic_[0] == '$';
    if (!is_dollar) found_ |= node.below;
    if (begin == at_end) found_ |= node.exact;
    if (begin == at_end || is_answered()) return;
    const std::size_t slash = end_of_level(begin);
    const std::string_view level(topic_.data() + begin, slash - begin);
    const std::size_t next = slash == topic_.size() ? at_end : slash + 1;
    if (question_ != Question::match && level == "#") return visit_all_below(node);
    if (question_ != Question::match && level == "+") return visit_any_level(node, next);
    visit_child(rules_.literal_child(node, level), next);
    if (!is_dollar) visit_child(node.plus, next);
    if (node.user != RuleSet::none && subject_.user.is_level(level)) visit_child(node.user, next);
    if (node.client != RuleSet::none && subject_.client.is_level(level)) visit_child(node.client, next);
  }

  // Where the level that begins at `begin` ends. Most are short: a call of memchr costs more than it saves.
  std::size_t end_of_level(std::size_t begin) const {
    const std::size_t near = std::min(topic_.size(), begin + 16);
    for (std::size_t i = begin; i < near; ++i)
      if (topic_[i] == '/') return i;
    return std::min(topic_.find('/', near), topic_.size());
  }

  void visit_child(std::uint32_t child, std::size_t next) {
    if (child != RuleSet::none && !is_answered()) visit(rules_.nodes_[child], next);
  }

  // The filter asked about goes on with '#'. Only a '#' of a rule covers that, and it was counted already.
  void visit_all_below(const Node& node) {
    if (question_ == Question::cover) return;
    found_ |= node.exact | node.below;
    for_each_child(node, [this](const Node& child) { visit_all_below(child); });
  }

  // The filter asked about goes on with '+'.
  void visit_any_level(const Node& node, std::size_t next) {
    if (question_ == Question::cover) return visit_child(node.plus, next);
    for_each_child(node, [this, next](const Node& child) { visit(child, next); });
  }

  // The children of a node that a wildcard of the filter meets.
  template <class Fn>
  void for_each_child(const Node& node, Fn&& fn) {
    const auto meet = [&](std::uint32_t child) {
      if (child == RuleSet::none || is_answered()) return;
      if ((rules_.nodes_[child].subtree & enough_) != 0) fn(rules_.nodes_[child]);
    };
    const bool is_root = &node == rules_.nodes_.data();
    for (const RuleSet::Edge& edge : rules_.edges_of(node)) {
      const std::string_view text = rules_.text_of(edge);
      if (!(is_root && !text.empty() && text[0] == '$')) meet(edge.node);
    }
    meet(node.plus);
    if (subject_.user.use == OwnName::Use::usable) meet(node.user);
    if (subject_.client.use == OwnName::Use::usable) meet(node.client);
  }

  const Question question_;
  const RuleSet& rules_;
  const Subject& subject_;
  const std::string_view topic_;
  const AccessBits enough_;
  AccessBits found_ = 0;
};

std::uint64_t RuleSet::head_of(std::string_view level) {
  std::uint64_t head = 0;
  if (level.size() >= sizeof head) {
    std::memcpy(&head, level.data(), sizeof head);
    return head;
  }
  for (std::size_t i = 0; i < level.size(); ++i)
    head |= std::uint64_t{static_cast<std::uint8_t>(level[i])} << (8 * i);
  return head;
}

bool RuleSet::is_before(const Edge& edge, std::uint64_t head, std::string_view level) const {
  return edge.head != head ? edge.head < head : text_of(edge) < level;
}

bool RuleSet::is_for(const Edge& edge, std::uint64_t head, std::string_view level) const {
  if (edge.head != head || edge.text_bytes != level.size()) return false;
  return level.size() <= sizeof head || text_of(edge) == level;
}

std::uint32_t RuleSet::literal_child(const Node& node, std::string_view level) const {
  constexpr std::size_t few = 4;
  if (node.edges_count == 0) return none;
  const std::uint64_t head = head_of(level);
  auto edges = edges_of(node);
  if (edges.size() > few) {
    const auto at = std::lower_bound(
        edges.begin(), edges.end(), level,
        [&](const Edge& edge, std::string_view text) { return is_before(edge, head, text); });
    edges = {at, at == edges.end() ? std::size_t{0} : std::size_t{1}};
  }
  for (const Edge& edge : edges)
    if (is_for(edge, head, level)) return edge.node;
  return none;
}

AccessBits RuleSet::match(std::string_view name, const Subject& subject, AccessBits enough) const {
  if (name.empty() || all_access() == 0) return 0;
  return RuleWalk(RuleWalk::Question::match, *this, subject, name, enough).run();
}

bool RuleSet::overlaps(std::string_view filter, const Subject& subject, AccessBits access) const {
  if (filter.empty() || (all_access() & access) == 0) return false;
  return (RuleWalk(RuleWalk::Question::overlap, *this, subject, filter, access).run() & access) != 0;
}

bool RuleSet::covers(std::string_view filter, const Subject& subject, AccessBits access) const {
  if (filter.empty() || (all_access() & access) == 0) return false;
  return (RuleWalk(RuleWalk::Question::cover, *this, subject, filter, access).run() & access) != 0;
}

}  // namespace tenon::auth_file
