#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tenon::ctl {

// The file of a backup: backup_magic, then blocks (docs/internals/formats.md has an example):
//
//   u32 size of the body · u32 crc32c of kind and body · u8 kind · body
//
//   header  u8 version · u64 id of the backup · varint unix milliseconds · bytes version of tenonctl
//   part    u8 store · bytes from: the state of one range follows, whose rows count from this key on
//   chunk   of that state, as kv::SnapshotWriter gives it
//   end     varint count of parts · u32 crc32c of the sums of all blocks before, in their order
//
// One header comes first, one end last, and nothing behind that.
inline constexpr std::string_view backup_magic = "tenonbak";
inline constexpr std::uint8_t backup_version = 1;
inline constexpr std::size_t block_head_bytes = 9;
// The chunk with the largest row has some 16 MiB.
inline constexpr std::size_t block_body_bytes_max = std::size_t{24} << 20;

enum class BlockKind : std::uint8_t { header = 1, part = 2, chunk = 3, end = 4 };

// An id of a backup or of a reader, as requests and people have it: 16 hexadecimal digits.
std::string id_text(std::uint64_t id);

struct BackupHeader {
  std::uint64_t id = 0;
  UnixMs made_ms = 0;
  std::string made_by;
};
struct BackupPart {
  std::uint8_t store = 0;  // as kv::StoreId
  std::string from;
};
struct BackupEnd {
  std::uint64_t parts = 0;
  std::uint32_t sum = 0;
};

std::string encode(const BackupHeader& header);
std::string encode(const BackupPart& part);
std::string encode(const BackupEnd& end);
// corrupt: it does not hold together; unsupported: of a newer version.
Result<BackupHeader> decode_backup_header(std::string_view body);
Result<BackupPart> decode_backup_part(std::string_view body);
Result<BackupEnd> decode_backup_end(std::string_view body);

std::uint32_t sum_of_block(BlockKind kind, std::string_view body);
// The block, whole.
std::string encode_block(BlockKind kind, std::string_view body);
// The sum of the sums so far, and one more.
std::uint32_t add_sum(std::uint32_t sums, std::uint32_t sum);

}  // namespace tenon::ctl
