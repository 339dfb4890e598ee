#pragma once

#include <cstdint>
#include <string_view>

namespace tenon {

// CRC-32C (Castagnoli, reflected, as RFC 3720 section 12.1 uses it) of `bytes`. Finds every error burst of up
// to 32 bits. To go on with more bytes, pass the last result as `crc`: crc32c(b, crc32c(a)) is the sum of ab.
// Uses the processor's instruction when there is one. Any thread.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);

// The same without the processor's instruction; for tests.
std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t crc = 0);

}  // namespace tenon
