#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::auth_common {

inline constexpr std::size_t filter_levels_max = 128;

// Whether the text is a topic filter of MQTT that a grant can be: '+' and '#' as whole levels, '#' last, at
// most filter_levels_max levels, no zero byte, well-formed UTF-8.
bool is_grant_filter(std::string_view filter);

// The filter with the levels %u and %c replaced by the client's own names. Empty: a name that is needed can't
// be one level of a topic ('+', '#', '/', '$' first, or empty), and the filter grants nothing.
std::optional<std::string> fill_in(std::string_view filter, std::string_view user,
                                   std::string_view client_id);

// Filters that grant something. Immutable; any thread; answers take no memory and a time bounded by their
// number. Wildcards at the first level do not match topics that begin with '$' [MQTT-4.7.2-1].
class Grant {
 public:
  Grant() = default;
  // REQUIRES: is_grant_filter() for each.
  explicit Grant(std::vector<std::string> filters) : filters_(std::move(filters)) {}

  bool allows_topic(std::string_view topic) const;
  // Whether there is a topic that both `filter` and a granted filter match.
  bool meets(std::string_view filter) const;

  bool operator==(const Grant&) const = default;

 private:
  std::vector<std::string> filters_;
};

}  // namespace tenon::auth_common
