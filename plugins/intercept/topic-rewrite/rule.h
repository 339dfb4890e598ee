#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::topic_rewrite {

// A topic with places for what the wildcards of a filter stand for: "$1" to "$9" in their order, "$$" for one
// '$'. Immutable.
class Template {
 public:
  // REQUIRES: fault_of(text, wildcard_count) is empty.
  explicit Template(std::string_view text);
  // Why it is none for a filter with so many wildcards; empty: it is one.
  static std::string fault_of(std::string_view text, std::size_t wildcard_count);

  // REQUIRES: at least as many values as it has places.
  std::string fill(const std::vector<std::string_view>& values) const;

 private:
  struct Piece {
    std::string text;
    std::optional<std::size_t> place;  // behind the text
  };
  std::vector<Piece> pieces_;
};

// What is done with messages to some topics. Immutable.
struct Rule {
  std::string filter;
  std::string except;  // a filter; what it matches is another rule's; empty: none
  std::optional<Template> topic;
  bool drops = false;
  std::string reason;  // of a refusal; with neither a topic nor drops
};

// What the wildcards of a filter stand for in a topic, in their order; "#" may stand for nothing. Empty: it
// does not match. As MQTT has it: no wildcard at the beginning matches a topic that begins with '$'. Pure.
std::optional<std::vector<std::string_view>> match(std::string_view filter, std::string_view topic);

std::size_t wildcard_count(std::string_view filter);

}  // namespace tenon::topic_rewrite
