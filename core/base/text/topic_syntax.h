#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// Rules of texts made of levels separated by '/': names, and filters with the wildcards '+' and '#'.
// They stand here because both the codec and the matching index need them, and neither may use the other.
// All functions are pure, never allocate, and may be called from any thread. None checks the encoding: see
// utf8.h.

namespace tenon {

constexpr std::size_t topic_bytes_max = 65'535;  // [MQTT-4.7.3-3]

// A name is 1..65535 bytes without '+' and '#'. [MQTT-4.7.1-1] [MQTT-4.7.3-1]
bool is_topic_name(std::string_view text);

// A filter is 1..65535 bytes; '#' is a whole level and the last one; '+' is a whole level.
// [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.3-1]
bool is_topic_filter(std::string_view text);

// Whether it has more levels than this; there is one more than '/' in it, and one in the empty text.
bool is_deeper_than(std::string_view text, std::size_t levels);

// How the messages of a subscription are shared out.
enum class Sharing : std::uint8_t {
  none,     // every subscriber gets each message
  shared,   // $share/GROUP/FILTER: one member of the group gets it
  ordered,  // $oshare/GROUP/FILTER: as shared; messages of one publisher and topic go to the same member
};

// A filter as a client wrote it, in its parts. Views into the text that was split.
struct SplitFilter {
  Sharing sharing = Sharing::none;
  bool well_shaped = true;   // false: "$share/" or "$oshare/" without a legal group or filter behind it
  std::string_view group;    // empty when sharing is none
  std::string_view pattern;  // the filter to match with; the whole text when sharing is none
};

// Splits "$share/GROUP/FILTER" and "$oshare/GROUP/FILTER". Everything else is one plain pattern.
// The group is at least one byte, without '+' and '#', and a filter of at least one byte follows it.
// [MQTT-4.8.2-1] [MQTT-4.8.2-2] The pattern itself is not checked: see is_topic_filter.
SplitFilter split_filter(std::string_view text);

}  // namespace tenon
