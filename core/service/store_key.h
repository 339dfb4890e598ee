#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Parts of the keys of stores. Keys compare as bytes; a part that may hold anything is escaped so that parts
// sort before keys: 0x00 is written as 0x00 0xff, and 0x00 0x01 ends the part.

namespace tenon::service {

void append_escaped(std::string& key, std::string_view part);
// Takes an escaped part off the front of `key`; empty, and `key` unchanged, when there is none.
std::optional<std::string> take_escaped(std::string_view& key);

void append_be16(std::string& key, std::uint16_t value);
void append_be64(std::string& key, std::uint64_t value);
// REQUIRES: two, or eight, bytes in `key`; takes them off.
std::uint16_t take_be16(std::string_view& key);
std::uint64_t take_be64(std::string_view& key);

// The upper 16 bits of m(h ^ (h >> 33)), where h is the 64-bit FNV-1a hash of the text and m multiplies by
// 0xFF51AFD7ED558CCD: the same everywhere and forever, since keys are made of it.
std::uint16_t stable_bucket(std::string_view text);

}  // namespace tenon::service
