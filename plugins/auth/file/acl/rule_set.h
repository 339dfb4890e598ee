#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acl/subject.h"

namespace tenon::auth_file {

// What a rule of an ACL file says of the topics it names. Bits, so that rules can be summed up.
using AccessBits = std::uint8_t;
inline constexpr AccessBits access_read = 1;   // they may be received
inline constexpr AccessBits access_write = 2;  // they may be published to
inline constexpr AccessBits access_deny = 4;   // neither, whatever other rules say

// One line of an ACL file.
struct Rule {
  AccessBits access = 0;
  std::string filter;
  // Of a pattern line: the levels "%u" and "%c" stand for the client's own user name and client id.
  bool has_placeholders = false;
};

inline constexpr std::size_t rule_levels_max = 128;

// Rules, compiled for questions about topics: a tree of topic levels.
//
// Immutable; any thread; answers without allocation. The cost of a question is bounded by the number of
// rules, the depth by the deepest rule, however long the topic is. Wildcards at the first level of a rule do
// not match topics that begin with '$' [MQTT-4.7.2-1]. A placeholder matches the level that equals the
// subject's own name, compared as text; it matches nothing where that name is absent or unusable.
class RuleSet {
 public:
  // No rules: every answer is 0.
  RuleSet() : nodes_(1) {}
  // REQUIRES: each filter is a valid one of at most rule_levels_max levels.
  explicit RuleSet(std::span<const Rule> rules);

  // The access that the rules which match the topic name state, summed up. Stops early when that holds a bit
  // of `enough`.
  AccessBits match(std::string_view name, const Subject& subject, AccessBits enough) const;

  // Whether a topic exists that both `filter` and a rule with a bit of `access` match.
  bool overlaps(std::string_view filter, const Subject& subject, AccessBits access) const;

  // Whether a single rule with a bit of `access` matches every topic that `filter` matches.
  bool covers(std::string_view filter, const Subject& subject, AccessBits access) const;

  // All access that any rule states.
  AccessBits all_access() const { return nodes_[0].subtree; }
  // All access that a rule with %u states; with %c.
  AccessBits user_access() const { return user_access_; }
  AccessBits client_access() const { return client_access_; }
  bool has_user() const { return user_access_ != 0; }
  bool has_client() const { return client_access_ != 0; }

  // Whether both were made of the same rules, in whatever order.
  bool operator==(const RuleSet&) const = default;

 private:
  friend class RuleTree;
  friend class RuleWalk;

  static constexpr std::uint32_t none = 0;  // no node has the root as its child

  struct Node {
    std::uint32_t edges_begin = 0;  // literal children: edges_count of edges_ from here
    std::uint32_t edges_count = 0;
    std::uint32_t plus = none;
    std::uint32_t user = none;
    std::uint32_t client = none;
    AccessBits exact = 0;    // of rules that end here
    AccessBits below = 0;    // of rules that end in '#' behind this level; they match this level, too
    AccessBits subtree = 0;  // of all rules that pass here
    bool operator==(const Node&) const = default;
  };
  struct Edge {
    std::uint64_t head = 0;        // of the text: see head_of
    std::uint32_t text_begin = 0;  // in texts_
    std::uint32_t text_bytes = 0;
    std::uint32_t node = none;
    bool operator==(const Edge&) const = default;
  };

  // The first eight bytes of a level, filled up with zeroes: most levels differ there.
  static std::uint64_t head_of(std::string_view level);
  std::string_view text_of(const Edge& edge) const {
    return {texts_.data() + edge.text_begin, edge.text_bytes};
  }
  std::span<const Edge> edges_of(const Node& node) const {
    return {edges_.data() + node.edges_begin, node.edges_count};
  }
  bool is_before(const Edge& edge, std::uint64_t head, std::string_view level) const;
  bool is_for(const Edge& edge, std::uint64_t head, std::string_view level) const;
  std::uint32_t literal_child(const Node& node, std::string_view level) const;

  std::vector<Node> nodes_;  // [0] is the root, before the first level
  std::vector<Edge> edges_;  // those of one node side by side, sorted by is_before
  std::string texts_;
  AccessBits user_access_ = 0;
  AccessBits client_access_ = 0;
};

}  // namespace tenon::auth_file
