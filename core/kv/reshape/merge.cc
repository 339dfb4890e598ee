#include "kv/reshape/merge.h"

#include <algorithm>
#include <limits>

#include "base/wire.h"

namespace tenon::kv {
namespace {

std::uint32_t read_epoch(WireReader& in) {
  const std::uint64_t epoch = in.varint();
  if (epoch > std::numeric_limits<std::uint32_t>::max()) in.fail();
  return static_cast<std::uint32_t>(epoch);
}

void write(WireWriter& out, const Epoch& epoch) {
  out.varint(epoch.boundary);
  out.varint(epoch.members);
}

Epoch read_both(WireReader& in) {
  Epoch epoch;
  epoch.boundary = read_epoch(in);
  epoch.members = read_epoch(in);
  return epoch;
}

void write(WireWriter& out, const Frozen& frozen) {
  write(out, frozen.into);
  out.varint(frozen.epoch);
}

Frozen read_frozen(WireReader& in) {
  Frozen frozen;
  frozen.into = read_range_id(in);
  frozen.epoch = read_epoch(in);
  if (frozen.into.number == 0) in.fail();
  return frozen;
}

Error broken(const char* what) {
  return {Errc::invalid, std::string(what) + " of a range: it makes no sense"};
}

}  // namespace

void MergeNotes::add(const MergeNote& note) {
  notes.push_back(note);
  if (notes.size() <= count_max) return;
  forgotten_before = std::max(forgotten_before, notes.front().epoch + 1);
  notes.erase(notes.begin());
}

bool MergeNotes::has_absorbed(const RangeId& right) const {
  return std::any_of(notes.begin(), notes.end(),
                     [&](const MergeNote& note) { return note.is_absorbed && note.right == right; });
}

bool MergeNotes::has_called_off(const RangeId& right, std::uint32_t epoch) const {
  return std::find(notes.begin(), notes.end(), MergeNote{right, epoch, false}) != notes.end();
}

std::vector<RangeId> MergeNotes::absorbed() const {
  std::vector<RangeId> ranges;
  for (const MergeNote& note : notes)
    if (note.is_absorbed) ranges.push_back(note.right);
  return ranges;
}

std::string encode(const Frozen& frozen) {
  std::string text;
  WireWriter out(text);
  write(out, frozen);
  return text;
}

std::string encode(const FreezeCommand& freeze) {
  std::string text;
  WireWriter out(text);
  write(out, freeze.frozen);
  write(out, freeze.expected);
  return text;
}

std::string encode(const MergeCommand& merge) {
  std::string text;
  WireWriter out(text);
  write(out, merge.expected);
  write(out, merge.right);
  write(out, merge.descriptor);
  out.varint(static_cast<std::uint64_t>(merge.last_stamp_ms));
  out.varint(merge.absorbed.size());
  for (const RangeId& range : merge.absorbed) write(out, range);
  out.u8(merge.has_forgotten ? 1 : 0);
  return text;
}

std::string encode(const CallOffCommand& call_off) {
  std::string text;
  WireWriter out(text);
  write(out, call_off.right);
  out.varint(call_off.epoch);
  return text;
}

Result<Frozen> decode_frozen(std::string_view text) {
  WireReader in(text);
  const Frozen frozen = read_frozen(in);
  if (!in.ok()) return broken("thaw");
  return frozen;
}

Result<FreezeCommand> decode_freeze(std::string_view text) {
  WireReader in(text);
  FreezeCommand freeze;
  freeze.frozen = read_frozen(in);
  freeze.expected = read_both(in);
  if (!in.ok()) return broken("freeze");
  return freeze;
}

Result<MergeCommand> decode_merge(std::string_view text) {
  WireReader in(text);
  MergeCommand merge;
  merge.expected = read_both(in);
  merge.right = read_range_id(in);
  merge.descriptor = read_descriptor(in);
  const std::uint64_t stamp = in.varint();
  const std::uint64_t count = in.varint();
  if (count > MergeNotes::count_max) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) merge.absorbed.push_back(read_range_id(in));
  merge.has_forgotten = in.u8() != 0;
  if (!in.ok() || merge.right.number == 0 ||
      stamp > static_cast<std::uint64_t>(std::numeric_limits<UnixMs>::max()))
    return broken("merge");
  merge.last_stamp_ms = static_cast<UnixMs>(stamp);
  return merge;
}

Result<CallOffCommand> decode_call_off(std::string_view text) {
  WireReader in(text);
  CallOffCommand call_off;
  call_off.right = read_range_id(in);
  call_off.epoch = read_epoch(in);
  if (!in.ok() || call_off.right.number == 0) return broken("end of a merge");
  return call_off;
}

}  // namespace tenon::kv
