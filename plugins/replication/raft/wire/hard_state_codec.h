#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "algorithm/types.h"

namespace tenon::raft {

// What the journal keeps of a member beside its log, little-endian:
//
//   u8 format (1) · u8 minor (0) · u64 term · u64 vote · u64 commit · u64 epoch
//
// A form of a higher minor may be longer, which a reader may skip. The incarnation is that of the group's id.
// `epoch` is that of the latest configuration when this was written: the one of the log's base when no
// configuration follows it.
struct HardStateRecord {
  HardState hard;
  std::uint64_t epoch = 0;
};

std::string encode_hard_state(const HardStateRecord& record);

// Null: *ret_record is filled but for the incarnation. Else why the bytes were refused, as a sentence without
// a full stop, of static storage.
const char* decode_hard_state(std::string_view bytes, HardStateRecord* ret_record);

}  // namespace tenon::raft
