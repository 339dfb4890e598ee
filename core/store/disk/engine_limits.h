#pragma once

#include <tenon/draft/storage.h>

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tenon::store {

// What an engine must take: keys hold a topic of up to 65,535 bytes and what stands before it, and the broker
// uses spaces from 0 on (engine_layout.h), with room for more.
constexpr std::uint64_t engine_key_bytes_needed = 128 * 1024;
constexpr std::uint32_t engine_space_needed = 31;

// invalid: the engine takes less than is needed; the text says what.
inline Status check_limits(const tenon_engine_info& info) {
  if (info.key_bytes_max < engine_key_bytes_needed)
    return Error{Errc::invalid, "it takes keys of up to " + std::to_string(info.key_bytes_max) + " bytes; " +
                                    std::to_string(engine_key_bytes_needed) + " are needed"};
  if (info.space_max < engine_space_needed)
    return Error{Errc::invalid, "its last space is " + std::to_string(info.space_max) + "; " +
                                    std::to_string(engine_space_needed) + " is needed"};
  return {};
}

}  // namespace tenon::store
