#pragma once

#include <cstdint>
#include <string>

namespace tenon {

// Sixteen digits, small letters.
std::string hex_text(std::uint64_t number);

}  // namespace tenon
