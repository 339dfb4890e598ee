#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tenon::storage_memory::format {

// Numbers of the checkpoint file; see checkpoint_file.h.
inline constexpr std::string_view magic = "TENONMEM";
inline constexpr std::uint32_t version = 1;
inline constexpr std::size_t head_bytes = 16;
inline constexpr std::size_t block_head_bytes = 12;
inline constexpr std::uint32_t end_space = 0xFFFFFFFFu;
// A block holds more only when a single row does.
inline constexpr std::size_t block_bytes_max = 256 * 1024;

}  // namespace tenon::storage_memory::format
