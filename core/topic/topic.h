#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text/topic_syntax.h"

// Names and filters as the broker's rules see them. Pure; any thread; never allocates.

namespace tenon::topic {

// Limits of a listener or tenant. The standard's own limit is 65535 bytes.
struct TopicLimits {
  std::size_t bytes_max = topic_bytes_max;
  std::size_t levels_max = 128;
  // '+' may stand in so many first levels of a filter. It bounds what a match looks at: see FilterIndex.
  std::size_t wildcard_levels_max = topic_bytes_max + 1;
};

enum class TopicFault : std::uint8_t {
  none,
  empty,              // [MQTT-4.7.3-1]
  not_utf8,           // [MQTT-1.5.4-1] [MQTT-1.5.4-2]
  wildcard_in_name,   // [MQTT-4.7.1-1] (5.0: [MQTT-4.7.0-1])
  bad_wildcard,       // [MQTT-4.7.1-1] (5.0), [MQTT-4.7.1-2]
  bad_share,          // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  too_long,           // above bytes_max
  too_deep,           // above levels_max
  wildcard_too_deep,  // below wildcard_levels_max
};

// A sentence part for logs and reason strings, such as "the topic has too many levels". Never empty.
std::string_view to_string(TopicFault fault);

// A name to publish to.
TopicFault check_name(std::string_view name, const TopicLimits& limits);
// A filter as a client writes it, $share and $oshare included; the limits hold for the part to match with.
TopicFault check_filter(std::string_view filter, const TopicLimits& limits);

// Whether a message to `name` is wanted by `pattern`. Wildcards at the start do not match names that start
// with '$' [MQTT-4.7.2-1]; nothing is normalised [MQTT-4.7.3-4]. REQUIRES: is_topic_filter(pattern),
// is_topic_name(name). Cost: one pass over both.
bool matches(std::string_view pattern, std::string_view name);

}  // namespace tenon::topic
