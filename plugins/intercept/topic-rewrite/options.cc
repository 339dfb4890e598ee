#include "options.h"

#include <string>
#include <string_view>

#include "shared/option_failure.h"

namespace tenon::topic_rewrite {

using shared::fail_option;

namespace {

constexpr std::uint32_t rules_max = 1000;
constexpr std::size_t reason_bytes_max = 256;

// '#' is a whole level and the last one, '+' a whole level.
bool is_filter(std::string_view text) {
  if (text.empty() || text.size() > 65535 || text.starts_with("$share/") || text.starts_with("$oshare/"))
    return false;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find('/', begin);
    const std::string_view level = text.substr(begin, end == std::string_view::npos ? end : end - begin);
    if (level.size() > 1 && level.find_first_of("+#") != std::string_view::npos) return false;
    if (end == std::string_view::npos) return true;
    if (level == "#") return false;
    begin = end + 1;
  }
}

std::string read_filter(const sdk::Config& config, const std::string& path) {
  std::string filter = config.text_or(path.c_str(), "");
  if (!filter.empty() && !is_filter(filter)) fail_option(config, path, "is no topic filter");
  return filter;
}

Rule read_rule(const sdk::Config& config, const std::string& path) {
  Rule rule;
  rule.filter = read_filter(config, path + ".filter");
  if (rule.filter.empty()) fail_option(config, path + ".filter", "is missing");
  rule.except = read_filter(config, path + ".except");
  const auto topic = config.text((path + ".topic").c_str());
  const auto refuse = config.text((path + ".refuse").c_str());
  rule.drops = config.boolean_or((path + ".drop").c_str(), false);
  if (int{topic.has_value()} + int{refuse.has_value()} + int{rule.drops} != 1)
    fail_option(config, path, "must have one of \"topic\", \"refuse\" and \"drop\": true");
  if (topic) {
    const std::string fault =
        topic->empty() ? "is empty" : Template::fault_of(*topic, wildcard_count(rule.filter));
    if (!fault.empty()) fail_option(config, path + ".topic", fault);
    rule.topic.emplace(*topic);
  }
  if (refuse && (refuse->empty() || refuse->size() > reason_bytes_max))
    fail_option(config, path + ".refuse", "must be a text of 1 to 256 bytes: the reason for the log");
  if (refuse) rule.reason = *refuse;
  return rule;
}

}  // namespace

const char options_schema[] = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["rules"],
  "properties": {
    "rules": {"type": "array", "minItems": 1, "maxItems": 1000, "description": "The first whose filter matches a topic says what is done with the message",
      "items": {"type": "object", "additionalProperties": false, "required": ["filter"], "properties": {
        "filter": {"type": "string", "description": "Topics that the rule is for"},
        "except": {"type": "string", "description": "A filter of topics that it is not for, though"},
        "topic": {"type": "string", "description": "What the topic becomes; $1 to $9 are what the filter's wildcards stand for, $$ is a $"},
        "refuse": {"type": "string", "description": "The message is refused; this is the reason for the log"},
        "drop": {"type": "boolean", "description": "The message is acknowledged, and goes nowhere"}
      }}}
  }
})";

std::vector<Rule> read_rules(const sdk::Config& config) {
  std::vector<Rule> rules;
  const std::uint32_t count = config.count("rules");
  if (count == 0 || count > rules_max) fail_option(config, "rules", "must have 1 to 1000 rules");
  for (std::uint32_t i = 0; i < count; ++i) rules.push_back(read_rule(config, "rules." + std::to_string(i)));
  return rules;
}

}  // namespace tenon::topic_rewrite
