#pragma once

#include <tenon/draft/storage.h>

#include <cstdint>
#include <span>

namespace tenon::storage {

// What both engines take, so that an export of one is always an import of the other. A topic of 65,535 bytes
// fits into a key; the largest MQTT packet (268,435,460 bytes) fits into a value.
inline constexpr std::uint64_t key_bytes_max = 128 * 1024;
inline constexpr std::uint64_t value_bytes_max = 512u * 1024 * 1024;
inline constexpr std::uint32_t space_max = 65534;

// The limits and `caps` as open reports them.
tenon_engine_info engine_info(std::uint32_t caps);

// Throws a Failure with TENON_E_INVALID unless each write has a known type, a space, a key and a value within
// the limits, and durability is a known class. Called before anything is changed.
void check_batches(std::span<const tenon_write_batch> batches, std::uint32_t durability);

// The same for what a reader passes.
void check_space(std::uint32_t space);
void check_iterator_flags(std::uint32_t flags);

}  // namespace tenon::storage
