#pragma once

#include <tenon/draft/log.h>

#include <cstdint>
#include <span>
#include <string>

#include <tenon/bytes.hpp>

// The format of segment files; docs/internals/segment-log.md shows one byte by byte. All numbers are
// little-endian. A segment is a head block, then batches; a batch is what one commit has written, a row of
// records. Records begin at multiples of eight.
namespace tenon::segment_log {

using sdk::Bytes;

inline constexpr std::uint32_t format_version = 1;
// The head block: the same head twice, so that no single sector holds both.
inline constexpr std::uint32_t head_block_bytes = 4096;
inline constexpr std::uint32_t head_copy_offset = 2048;
inline constexpr std::uint32_t record_head_bytes = 88;
inline constexpr std::uint32_t record_trailer_bytes = 32;
inline constexpr std::uint32_t entry_head_bytes = 16;
inline constexpr std::uint32_t directory_head_bytes = 16;
inline constexpr std::uint32_t directory_row_bytes = 24;
// A batch and what stands before it must be addressed by 32 bits.
inline constexpr std::uint64_t batch_bytes_max = 1024u * 1024 * 1024;

// What every checksum of a segment depends on: bytes of one place are never taken for those of another, not
// even when a log was stored in an entry of a log.
struct SegmentId {
  std::uint64_t journal = 0;  // of the node, random
  std::uint64_t number = 0;   // 1, 2, ...
};

enum class HeadState { valid, newer, bad };

// Fills the head block. REQUIRES: block.size() == head_block_bytes.
void encode_head_block(const SegmentId& id, std::span<std::uint8_t> block);
// Reads it from the beginning of a file, which may be too short. `newer`: sound, and of a later format.
HeadState decode_head_block(Bytes file, SegmentId* ret_id);

enum class RecordType : std::uint16_t {
  write = 1,      // one tenon_log_write
  move = 2,       // what a group holds already, written again so that an older segment may go
  remove = 3,     // the group is gone
  damage = 4,     // part of the group was lost; the body says what and where
  directory = 5,  // first in a segment: how the one before ended, and how far each group had come
};

inline constexpr std::uint16_t record_sets_base = 1;        // all entries go first
inline constexpr std::uint16_t record_sets_hard_state = 2;  // the body ends with it

struct RecordHead {
  std::uint32_t body_bytes = 0;  // without padding
  std::uint32_t body_crc = 0;
  std::uint64_t batch = 0;  // consecutive over the journal
  std::uint32_t batch_offset = 0;
  std::uint32_t batch_bytes = 0;
  tenon_group_id group{};
  std::uint32_t number = 0;  // consecutive within the group, from 1; behind the highest one 0
  RecordType type = RecordType::write;
  std::uint16_t flags = 0;
  tenon_log_point base{};   // of the group, after this record
  std::uint64_t first = 0;  // index of the first entry
  std::uint32_t entry_count = 0;
  std::uint32_t hard_state_bytes = 0;
};

// The end of a record: enough to know whose it was when its head is unreadable.
struct RecordTrailer {
  tenon_group_id group{};
  std::uint32_t number = 0;
  std::uint32_t record_bytes = 0;
};

constexpr std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + 7) / 8 * 8;
}
constexpr std::uint64_t record_bytes(std::uint64_t body_bytes) {
  return record_head_bytes + padded(body_bytes) + record_trailer_bytes;
}

// Writes head, padding and trailer around a body that stands at record + record_head_bytes; fills the
// checksum of the body in. REQUIRES: record.size() == record_bytes(head.body_bytes).
void seal_record(const SegmentId& id, std::uint32_t offset, RecordHead head, std::span<std::uint8_t> record);
// False unless the bytes at `offset` of the segment, which begin `at`, are a sound record head. The body may
// still be damaged, or end behind the file.
bool decode_record_head(const SegmentId& id, std::uint32_t offset, Bytes at, RecordHead* ret_head);
bool body_is_sound(const RecordHead& head, Bytes body);
// False unless a sound trailer ends at `end` of the segment; `before` are the bytes up to there.
bool decode_trailer(const SegmentId& id, std::uint32_t end, Bytes before, RecordTrailer* ret_trailer);

// One entry of a body: {u64 term, u32 type, u32 length, data}.
struct EntryView {
  std::uint64_t term = 0;
  std::uint32_t type = 0;
  Bytes data;
};
// Takes the next entry off the front of a body. False when it does not hold together.
bool next_entry(Bytes& body, EntryView* ret_entry);

// "0000000000000001.seg", and back; 0: some other name.
std::string segment_name(std::uint64_t number);
std::uint64_t segment_number(std::string_view name);

}  // namespace tenon::segment_log
