#pragma once

#include <cstdint>

namespace tenon::topic {

// Names a filter of a FilterIndex in four bytes, for as long as somebody subscribes to it.
enum class FilterId : std::uint32_t {};

}  // namespace tenon::topic
