#include "acl/rule_set.h"

#include <algorithm>

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
    const std::size_t slash = topic_.find('/', begin);
    const std::string_view level = topic_.substr(begin, slash - begin);
    const std::size_t next = slash == std::string_view::npos ? at_end : slash + 1;
    if (question_ != Question::match && level == "#") return visit_all_below(node);
    if (question_ != Question::match && level == "+") return visit_any_level(node, next);
    visit_child(rules_.literal_child(node, level), next);
    if (!is_dollar) visit_child(node.plus, next);
    if (subject_.user.is_level(level)) visit_child(node.user, next);
    if (subject_.client.is_level(level)) visit_child(node.client, next);
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

std::uint32_t RuleSet::literal_child(const Node& node, std::string_view level) const {
  const auto edges = edges_of(node);
  const auto at =
      std::lower_bound(edges.begin(), edges.end(), level,
                       [this](const Edge& edge, std::string_view text) { return text_of(edge) < text; });
  return at != edges.end() && text_of(*at) == level ? at->node : none;
}

AccessBits RuleSet::match(std::string_view name, const Subject& subject, AccessBits enough) const {
  if (name.empty()) return 0;
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
