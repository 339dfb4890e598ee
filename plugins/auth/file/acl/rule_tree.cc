#include "acl/rule_tree.h"

#include <algorithm>

namespace tenon::auth_file {

RuleTree::Branch* RuleTree::child_of(Branch* branch, std::string_view level, const Rule& rule) {
  std::unique_ptr<Branch>* child = nullptr;
  if (level == "+") {
    child = &branch->plus;
  } else if (rule.has_placeholders && level == "%u") {
    user_access_ |= rule.access;
    child = &branch->user;
  } else if (rule.has_placeholders && level == "%c") {
    client_access_ |= rule.access;
    child = &branch->client;
  } else {
    child = &branch->literals[std::string(level)];
  }
  if (!*child) *child = std::make_unique<Branch>();
  return child->get();
}

void RuleTree::add(const Rule& rule) {
  Branch* branch = &root_;
  std::string_view rest = rule.filter;
  while (true) {
    branch->subtree |= rule.access;
    if (rest == "#") {
      branch->below |= rule.access;
      return;
    }
    const std::size_t slash = rest.find('/');
    branch = child_of(branch, rest.substr(0, slash), rule);
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  branch->subtree |= rule.access;
  branch->exact |= rule.access;
}

void RuleTree::flatten(RuleSet* rules) const {
  rules->user_access_ = user_access_;
  rules->client_access_ = client_access_;
  write(root_, 0, rules);
}

std::uint32_t RuleTree::write_child(const std::unique_ptr<Branch>& child, RuleSet* rules) {
  if (!child) return RuleSet::none;
  const auto at = static_cast<std::uint32_t>(rules->nodes_.size());
  rules->nodes_.emplace_back();
  write(*child, at, rules);
  return at;
}

void RuleTree::write(const Branch& branch, std::uint32_t at, RuleSet* rules) {
  RuleSet::Node node;
  node.exact = branch.exact;
  node.below = branch.below;
  node.subtree = branch.subtree;
  node.edges_begin = static_cast<std::uint32_t>(rules->edges_.size());
  node.edges_count = static_cast<std::uint32_t>(branch.literals.size());
  rules->edges_.resize(rules->edges_.size() + branch.literals.size());
  std::uint32_t edge = node.edges_begin;
  for (const auto& [text, child] : branch.literals) {
    const auto text_begin = static_cast<std::uint32_t>(rules->texts_.size());
    rules->texts_ += text;
    const std::uint32_t child_at = write_child(child, rules);
    rules->edges_[edge++] = {RuleSet::head_of(text), text_begin, static_cast<std::uint32_t>(text.size()),
                             child_at};
  }
  const auto begin = rules->edges_.begin() + node.edges_begin;
  std::sort(begin, begin + node.edges_count, [rules](const RuleSet::Edge& a, const RuleSet::Edge& b) {
    return rules->is_before(a, b.head, rules->text_of(b));
  });
  node.plus = write_child(branch.plus, rules);
  node.user = write_child(branch.user, rules);
  node.client = write_child(branch.client, rules);
  rules->nodes_[at] = node;
}

RuleSet::RuleSet(std::span<const Rule> rules) : nodes_(1) {
  RuleTree tree;
  for (const Rule& rule : rules) tree.add(rule);
  tree.flatten(this);
}

}  // namespace tenon::auth_file
