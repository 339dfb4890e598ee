#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "kv/command.h"
#include "kv/descriptor.h"
#include "kv/reshape/merge.h"
#include "kv/reshape/recovery.h"

namespace tenon::kv {

// What the engine keeps of a replica, written in the same batch as the state that it describes.
struct RangeRecord {
  RangeId id;
  Descriptor descriptor;
  LogPoint applied;  // the state in the engine is that behind this entry
  UnixMs last_stamp_ms = 0;
  std::optional<Frozen> frozen = std::nullopt;
  MergeNotes merges = {};     // that the range has done, or called off
  bool keeps_passed = false;  // the rows of its senders say which numbers were passed over
  // It is a provisional incarnation, and began with this. Then it keeps what is passed over, too.
  std::optional<ProvisionalBase> base = std::nullopt;
};

// Under which the engine keeps the record, and with which the keys of the range's senders begin: number and
// incarnation, each 8 bytes, most significant first.
std::string range_key(const RangeId& id);
// Empty: it is no such key.
std::optional<RangeId> range_of_key(std::string_view key);
// Of a sender's row: range_key, then the source as 8 bytes, most significant first. Its value: a SourceRow.
std::string source_key(const RangeId& id, SourceId source);
// Of the row that a sender had in a range that this one has absorbed: source_key, then that range's
// range_key.
std::string former_source_key(const RangeId& id, SourceId source, const RangeId& former);
// Empty: it is no such key.
std::optional<SourceId> source_of_key(std::string_view key);

// u8 version, then the members in order; index, term and stamp as varints. With version 2, which a range has
// that is frozen or had to do with merges, behind them:
//   u8 frozen · if it is 1, { bytes of the Frozen } · varint forgotten before ·
//   varint count · { range id · varint epoch · u8 absorbed }...
// Version 3 is the same of a range that keeps which numbers it has passed over, version 4 of one that is
// provisional beside, with its ProvisionalBase behind all of it.
std::string encode(const RangeRecord& record);
// corrupt or unsupported, naming what is wrong.
Result<RangeRecord> decode_range_record(std::string_view bytes);

}  // namespace tenon::kv
