#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kv/descriptor.h"
#include "kv/range_record.h"

namespace tenon::kv {

// A snapshot is the content of a range behind one entry of its log, cut into chunks that are numbered from 0:
// a header, rows, an end. Each chunk stands for itself:
//
//   u32 crc32c of what follows · u8 version · u8 kind · range id · varint index · varint term · varint number
//   · body
//     header  bytes, the range's record
//     rows    u8 space · varint count · { bytes key · bytes value }...
//     end     varint rows of the state · varint rows of the senders
//
// The rows of the state come first, then those of the senders, each in the order of their whole keys. Cut
// with the same size, the same content gives the same chunks on every replica.

struct SnapshotId {
  RangeId range;
  LogPoint applied;

  friend bool operator==(const SnapshotId&, const SnapshotId&) = default;
};

// The numbers are on the wire.
enum class SnapshotSpace : std::uint8_t { state = 1, sources = 2 };

struct SnapshotRow {
  std::string_view key;
  std::string_view value;
};

// How many rows of each space; of all the chunks before, or of the whole.
struct SnapshotCounts {
  std::uint64_t state = 0;
  std::uint64_t sources = 0;

  friend bool operator==(const SnapshotCounts&, const SnapshotCounts&) = default;
};

struct SnapshotChunk {
  enum class Kind : std::uint8_t { header = 1, rows = 2, end = 3 };
  SnapshotId id;
  std::uint64_t number = 0;
  Kind kind = Kind::header;
  RangeRecord record;                          // of a header
  SnapshotSpace space = SnapshotSpace::state;  // of rows
  std::vector<SnapshotRow> rows;               // of rows; views of the bytes that were read
  SnapshotCounts counts;                       // of an end
};

std::string encode(const SnapshotChunk& chunk);
// corrupt: the sum or the form is wrong; unsupported: of a newer version.
Result<SnapshotChunk> decode_snapshot_chunk(std::string_view bytes);

}  // namespace tenon::kv
