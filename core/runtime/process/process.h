#pragma once

#include <cstdint>

#include "base/result.h"

namespace tenon::runtime {

// Writing to a closed connection or pipe gives an error instead of ending the process. Process-wide.
void ignore_sigpipe();

// Raises the soft limit of open descriptors to `wanted_count`, or to the hard limit if that is lower; never
// lowers it. Gives the limit now in force.
Result<std::uint64_t> raise_descriptor_limit(std::uint64_t wanted_count);

}  // namespace tenon::runtime
