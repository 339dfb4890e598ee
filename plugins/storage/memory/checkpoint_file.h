#pragma once

#include <string>

#include <tenon/disk.hpp>

#include "memory/spaces.h"

namespace tenon::storage_memory {

// The file that a checkpoint is, and that an engine reads when it opens. Little-endian:
//   head   "TENONMEM", u32 format (1), u32 crc32c of the 12 bytes before
//   block  u32 space, u32 length, u32 crc32c of space, length and rows; then `length` bytes of whole rows as
//   an
//          export has them (draft/storage.h); any number of blocks
//   end    a block of space 0xFFFFFFFF whose 8 bytes are the number of all rows
// Nothing follows the end.
inline constexpr const char* checkpoint_file_name = "engine.mem";

// Makes the directory `path`, which must not exist, with such a file in it; whole or not at all. Throws a
// Failure.
void save_checkpoint(const sdk::Disk& disk, const std::string& path, const Spaces& spaces);

// What the file in `dir` holds; nothing when there is none. Throws a Failure: TENON_E_CORRUPT when the file
// does not hold together, TENON_E_UNSUPPORTED when its format is newer; both name it.
Spaces load_checkpoint(const sdk::Disk& disk, const std::string& dir, MemoryMeter& meter);

}  // namespace tenon::storage_memory
