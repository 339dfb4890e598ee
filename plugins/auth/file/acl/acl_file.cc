#include "acl/acl_file.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <tenon/failure.hpp>

namespace tenon::auth_file {
namespace {

constexpr std::size_t topic_bytes_max = 65'535;  // [MQTT-4.7.3-3]

// Takes the first word off *rest, and the spaces around it.
std::string_view take_word(std::string_view* rest) {
  const std::size_t begin = std::min(rest->find_first_not_of(" \t"), rest->size());
  const std::size_t end = std::min(rest->find_first_of(" \t", begin), rest->size());
  const std::string_view word = rest->substr(begin, end - begin);
  *rest = rest->substr(std::min(rest->find_first_not_of(" \t", end), rest->size()));
  return word;
}

std::optional<AccessBits> access_of(std::string_view word) {
  if (word == "read") return access_read;
  if (word == "write") return access_write;
  if (word == "readwrite") return static_cast<AccessBits>(access_read | access_write);
  if (word == "deny") return access_deny;
  return std::nullopt;
}

// '#' is the last level, wildcards are whole levels. [MQTT-4.7.1-1] [MQTT-4.7.1-2]
void check_wildcards(const Place& place, std::string_view level, bool is_last) {
  if (level.size() > 1 && level.find_first_of("+#") != std::string_view::npos)
    place.fail("has a wildcard beside other text; '+' and '#' must be the whole level");
  if (level == "#" && !is_last) place.fail("has a '#' that is not the last level");
}

void check_placeholder(const Place& place, std::string_view level) {
  const bool has_one =
      level.find("%u") != std::string_view::npos || level.find("%c") != std::string_view::npos;
  if (has_one && level.size() > 2) place.fail("has %u or %c beside other text; it must be the whole level");
}

void check_filter(const Place& place, const Rule& rule) {
  if (rule.filter.size() > topic_bytes_max) place.fail("has a topic of more than 65535 bytes");
  std::string_view rest = rule.filter;
  for (std::size_t levels = 1;; ++levels) {
    if (levels > rule_levels_max) place.fail("has a topic of more than 128 levels");
    const std::size_t slash = rest.find('/');
    const std::string_view level = rest.substr(0, slash);
    check_wildcards(place, level, slash == std::string_view::npos);
    if (rule.has_placeholders) check_placeholder(place, level);
    if (slash == std::string_view::npos) return;
    rest.remove_prefix(slash + 1);
  }
}

// "[read|write|readwrite|deny] FILTER". A filter with spaces needs the first word.
Rule parse_rule(const Place& place, std::string_view rest, bool has_placeholders) {
  std::string_view filter = rest;
  const std::string_view first = take_word(&rest);
  Rule rule;
  rule.has_placeholders = has_placeholders;
  rule.access = access_read | access_write;
  if (!rest.empty()) {
    const auto access = access_of(first);
    if (!access)
      place.fail("has \"" + std::string(first) + "\" where read, write, readwrite or deny is expected");
    rule.access = *access;
    filter = rest;
  } else if (access_of(first)) {
    place.fail("has no topic behind \"" + std::string(first) + "\"");
  }
  if (filter.empty()) place.fail("has no topic");
  rule.filter = filter;
  check_filter(place, rule);
  return rule;
}

class AclReader {
 public:
  void read_line(const Place& place, std::string_view line) {
    std::string_view rest = line;
    const std::string_view keyword = take_word(&rest);
    if (keyword == "user") {
      if (rest.empty()) place.fail("has no user name");
      section_ = &users_[std::string(rest)];
      return;
    }
    if (keyword != "topic" && keyword != "pattern")
      place.fail("begins with \"" + std::string(keyword) + "\"; known are user, topic and pattern");
    const bool is_pattern = keyword == "pattern";
    (is_pattern ? patterns_ : *section_).push_back(parse_rule(place, rest, is_pattern));
    ++rules_count_;
  }

  std::size_t rules_count() const { return rules_count_; }

  Acl compile() const {
    Acl acl;
    acl.anonymous = RuleSet(anonymous_);
    acl.patterns = RuleSet(patterns_);
    for (const auto& [name, rules] : users_) acl.users.emplace(name, RuleSet(rules));
    return acl;
  }

 private:
  using Rules = std::vector<Rule>;
  Rules anonymous_;
  Rules patterns_;
  ByName<Rules> users_;
  Rules* section_ = &anonymous_;
  std::size_t rules_count_ = 0;
};

}  // namespace

const RuleSet& Acl::of(std::string_view user) const {
  static const RuleSet no_rules;
  const auto at = users.find(user);
  return at == users.end() ? no_rules : at->second;
}

Acl parse_acl_file(const TextFile& file) {
  AclReader reader;
  file.for_each_line([&](const Place& place, std::string_view line) { reader.read_line(place, line); });
  if (reader.rules_count() == 0)
    throw sdk::Failure(TENON_E_INVALID, file.path() +
                                            ": holds no rule, so nothing would be allowed; add topic or "
                                            "pattern lines, or leave acl_file out");
  return reader.compile();
}

}  // namespace tenon::auth_file
