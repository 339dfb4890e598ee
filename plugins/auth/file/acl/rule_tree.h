#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "acl/rule_set.h"

namespace tenon::auth_file {

// A tree that still grows: RuleSet is its flat form. Used once, in RuleSet's constructor.
class RuleTree {
 public:
  void add(const Rule& rule);
  // Writes the tree into the empty `rules`. The same rules give the same bytes, in whatever order they came.
  void flatten(RuleSet* rules) const;

 private:
  struct Branch {
    std::map<std::string, std::unique_ptr<Branch>, std::less<>> literals;
    std::unique_ptr<Branch> plus, user, client;
    AccessBits exact = 0;
    AccessBits below = 0;
    AccessBits subtree = 0;
  };

  Branch* child_of(Branch* branch, std::string_view level, const Rule& rule);
  static void write(const Branch& branch, std::uint32_t at, RuleSet* rules);
  static std::uint32_t write_child(const std::unique_ptr<Branch>& child, RuleSet* rules);

  Branch root_;
  AccessBits user_access_ = 0;
  AccessBits client_access_ = 0;
};

}  // namespace tenon::auth_file
