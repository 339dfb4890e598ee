#pragma once

#include <cstdint>
#include <string>

#include <tenon/disk.hpp>

namespace tenon::storage_sqlite {

// Checks the checksums of the first `frame_count` frames of the log at `path` (SQLite file format, "The WAL
// File Format"). Throws a Failure with TENON_E_CORRUPT and the frame.
void scan_wal(const sdk::Disk& disk, const std::string& path, std::uint32_t frame_count,
              std::uint32_t page_bytes);

}  // namespace tenon::storage_sqlite
