#pragma once

#include <cstdint>
#include <string>

#include <tenon/disk.hpp>

#include "sqlite/vfs/vfs.h"

namespace tenon::storage_sqlite {

// The database file of an engine. Format 1:
//   an SQLite database in WAL mode with the application id and user version below, each page sealed
//   (vfs/page_seal.h); kv(k, v, r)   a row per key: k is the space and the key (row_key.h), v the value, or
//   null when it is large large(id, v)  the large values; kv.r names the row
inline constexpr const char* database_file_name = "engine.db";
inline constexpr std::uint32_t database_application_id = 0x54454E53;  // "TENS"
inline constexpr std::uint32_t database_format = 1;

// Reads the head of the file at `path`; nothing is changed. Returns the bytes of a page. Throws a Failure:
// TENON_E_NOT_FOUND, TENON_E_UNSUPPORTED for a newer format, TENON_E_CORRUPT when it is no such file.
std::uint32_t inspect_database(const sdk::Disk& disk, const std::string& path);

// Makes an empty database at `path`, which must not exist: whole and durable, or not at all. Throws a Failure
// or a SqlError.
void create_database(const sdk::Disk& disk, Vfs& vfs, const std::string& path, std::uint32_t page_bytes);

// Copies what the database at `from` holds at this moment into a new one at `to`, without gaps, and syncs the
// new file, not its name. Throws a Failure or a SqlError.
void copy_database(const sdk::Disk& disk, Vfs& vfs, const std::string& from, const std::string& to,
                   std::uint64_t cache_bytes);

// Removes what a crash in create_database left beside `path`.
void remove_unfinished(const sdk::Disk& disk, const std::string& path);

}  // namespace tenon::storage_sqlite
