#pragma once

#include <cstdint>
#include <string>

#include <tenon/disk.hpp>

namespace tenon::storage_sqlite {

// Checks the checksums of the first `frame_count` frames of the log at `path` (SQLite file format, "The WAL
// File Format"). Throws a Failure with TENON_E_CORRUPT and the frame.
void scan_wal(const sdk::Disk& disk, const std::string& path, std::uint32_t frame_count,
              std::uint32_t page_bytes);

// Writes the log at `path` over itself, and syncs it; without one: nothing. A sync that failed in the process
// before may have left the log in the page cache only, where no later sync would find anything to write.
// Throws a Failure.
void write_wal_again(const sdk::Disk& disk, const std::string& path);

}  // namespace tenon::storage_sqlite
