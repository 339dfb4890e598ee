// Fuzzes the rules of plugins/auth/file: its reader, and the answers of what it has read. Form feeds cut the
// input: the name of a user, the client id, an ACL file, and then topics and filters that are asked about.
//
// What must hold: each rule answers as it does when it is looked at alone; what may be received may be
// subscribed to, by its name and by each filter that matches it; what a rule denies is refused whatever
// others say.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tenon/failure.hpp>

#include "acl/permissions.h"
#include "base/assert.h"
#include "base/text/topic_syntax.h"
#include "plain_match.h"

namespace tenon::auth_file {
namespace {

using fuzz::plainly_matches;

// The rule as one without placeholders; false: it matches nothing for this subject.
bool put_names_in(const Rule& rule, const Subject& subject, std::string& ret_filter) {
  ret_filter.clear();
  bool is_first = true;
  for (const std::string_view level : fuzz::pieces_of(rule.filter, '/')) {
    if (!std::exchange(is_first, false)) ret_filter += '/';
    const OwnName* own = level == "%u" ? &subject.user : level == "%c" ? &subject.client : nullptr;
    if (!rule.has_placeholders || !own) {
      ret_filter += level;
      continue;
    }
    if (own->use != OwnName::Use::usable) return false;
    ret_filter += own->text;
  }
  return true;
}

void check_rules(const std::vector<Rule>& rules, const Subject& subject,
                 const std::vector<std::string_view>& texts) {
  const RuleSet set(rules);
  for (const std::string_view name : texts) {
    if (!is_topic_name(name)) continue;
    AccessBits expected = 0;
    std::string filter;
    for (const Rule& rule : rules)
      if (put_names_in(rule, subject, filter) && plainly_matches(filter, name)) expected |= rule.access;
    TENON_BUG(set.match(name, subject, 0) == expected, "rules say together what each says");
    for (const std::string_view wide : texts) {
      if (!is_topic_filter(wide) || !plainly_matches(wide, name)) continue;
      for (const AccessBits bit : {access_read, access_write, access_deny}) {
        const bool says = (expected & bit) != 0;
        TENON_BUG(!says || set.overlaps(wide, subject, bit),
                  "a topic of the filter is one that they meet in");
        TENON_BUG(says || !set.covers(wide, subject, bit), "what covers a filter matches all of its topics");
      }
    }
  }
}

// Lines of the file as rules, whoever they are for. Only those that are sound.
std::vector<Rule> rules_of(std::string_view file) {
  static constexpr std::pair<std::string_view, AccessBits> words[] = {
      {"read ", access_read},
      {"write ", access_write},
      {"readwrite ", access_read | access_write},
      {"deny ", access_deny}};
  std::vector<Rule> rules;
  for (std::string_view line : fuzz::pieces_of(file, '\n')) {
    const bool is_pattern = line.starts_with("pattern ");
    if (!is_pattern && !line.starts_with("topic ")) continue;
    line.remove_prefix(is_pattern ? 8 : 6);
    for (const auto& [word, access] : words)
      if (line.starts_with(word)) {
        const std::string_view filter = line.substr(word.size());
        if (is_topic_filter(filter) && !is_deeper_than(filter, rule_levels_max))
          rules.push_back({access, std::string(filter), is_pattern});
        break;
      }
  }
  return rules;
}

class Client {
 public:
  Client(std::shared_ptr<const Acl> acl, Holder holder)
      : set_(sdk::PermissionSetRef::adopt(new Permissions(std::move(acl), std::move(holder)))) {}
  bool may(std::uint32_t action, std::string_view topic) const {
    tenon_authz_query query{};
    query.struct_size = sizeof query;
    query.action = action;
    query.topic = sdk::abi(topic);
    return set_.get()->allows(query);
  }

 private:
  sdk::PermissionSetRef set_;
};

void check_client(const Client& client, const std::vector<std::string_view>& texts) {
  for (const std::string_view name : texts) {
    if (!is_topic_name(name) || !client.may(TENON_ACTION_RECEIVE, name)) continue;
    for (const std::string_view filter : texts)
      if (is_topic_filter(filter) && plainly_matches(filter, name))
        TENON_BUG(client.may(TENON_ACTION_SUBSCRIBE, filter), "what may be received may be subscribed to");
  }
}

}  // namespace
}  // namespace tenon::auth_file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon::auth_file;
  auto pieces = tenon::fuzz::pieces_of({reinterpret_cast<const char*>(data), size}, '\f');
  if (pieces.size() < 3) return 0;
  const std::string user(pieces[0]), client_id(pieces[1]);
  const std::string_view file = pieces[2];
  const std::vector<std::string_view> texts(pieces.begin() + 3, pieces.end());
  Subject subject;
  subject.user = OwnName(user);
  subject.client = OwnName(client_id);
  check_rules(rules_of(file), subject, texts);
  try {
    const auto acl = std::make_shared<const Acl>(parse_acl_file(TextFile("/acl", std::string(file))));
    check_client(Client(acl, {user, client_id, nullptr}), texts);
    check_client(Client(acl, {std::nullopt, client_id, nullptr}), texts);
  } catch (const tenon::sdk::Failure&) {
  }
  return 0;
}
