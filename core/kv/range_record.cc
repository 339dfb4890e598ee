#include "kv/range_record.h"

#include <array>
#include <limits>

#include "base/wire.h"

namespace tenon::kv {
namespace {

// Version 1 has nothing to say of merges, and is written where there is nothing to be said.
constexpr std::uint8_t version_with_merges = 2;
constexpr std::uint8_t version_keeping = 3;
constexpr std::uint8_t record_version = 4;

std::uint8_t version_of(const RangeRecord& record) {
  if (record.base) return record_version;
  if (record.keeps_passed) return version_keeping;
  return record.frozen || record.merges != MergeNotes{} ? version_with_merges : 1;
}

void append_be64(std::string& out, std::uint64_t value) {
  std::array<char, sizeof value> bytes;
  for (std::size_t i = 0; i < sizeof value; ++i) bytes[i] = static_cast<char>(value >> (56 - 8 * i));
  out.append(bytes.data(), bytes.size());
}

std::uint64_t read_be64(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

void write_merges(WireWriter& out, const RangeRecord& record) {
  out.u8(record.frozen ? 1 : 0);
  if (record.frozen) out.bytes(encode(*record.frozen));
  out.varint(record.merges.forgotten_before);
  out.varint(record.merges.notes.size());
  for (const MergeNote& note : record.merges.notes) {
    write(out, note.right);
    out.varint(note.epoch);
    out.u8(note.is_absorbed ? 1 : 0);
  }
}

bool read_merges(WireReader& in, RangeRecord& ret_record) {
  if (in.u8() != 0) {
    const auto frozen = decode_frozen(in.bytes());
    if (!frozen.ok()) return false;
    ret_record.frozen = *frozen;
  }
  MergeNotes& merges = ret_record.merges;
  const auto read_epoch = [&] {
    const std::uint64_t epoch = in.varint();
    if (epoch > std::numeric_limits<std::uint32_t>::max()) in.fail();
    return static_cast<std::uint32_t>(epoch);
  };
  merges.forgotten_before = read_epoch();
  const std::uint64_t count = in.varint();
  if (count > MergeNotes::count_max) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    MergeNote& note = merges.notes.emplace_back();
    note.right = read_range_id(in);
    note.epoch = read_epoch();
    note.is_absorbed = in.u8() != 0;
  }
  return in.ok();
}

}  // namespace

std::string range_key(const RangeId& id) {
  std::string key;
  key.reserve(3 * sizeof(std::uint64_t));  // with the source that may follow
  append_be64(key, id.number);
  append_be64(key, id.incarnation);
  return key;
}

std::optional<RangeId> range_of_key(std::string_view key) {
  if (key.size() != 2 * sizeof(std::uint64_t)) return std::nullopt;
  return RangeId{read_be64(key), read_be64(key.substr(sizeof(std::uint64_t)))};
}

std::string source_key(const RangeId& id, SourceId source) {
  std::string key = range_key(id);
  append_be64(key, static_cast<std::uint64_t>(source));
  return key;
}

std::string former_source_key(const RangeId& id, SourceId source, const RangeId& former) {
  return source_key(id, source) + range_key(former);
}

std::optional<SourceId> source_of_key(std::string_view key) {
  if (key.size() != 3 * sizeof(std::uint64_t)) return std::nullopt;
  return SourceId{read_be64(key.substr(2 * sizeof(std::uint64_t)))};
}

std::string encode(const RangeRecord& record) {
  const std::uint8_t version = version_of(record);
  std::string bytes;
  WireWriter out(bytes);
  out.u8(version);
  write(out, record.id);
  write(out, record.descriptor);
  out.varint(record.applied.index);
  out.varint(record.applied.term);
  out.varint(static_cast<std::uint64_t>(record.last_stamp_ms));
  if (version >= version_with_merges) write_merges(out, record);
  if (record.base) write(out, *record.base);
  return bytes;
}

Result<RangeRecord> decode_range_record(std::string_view bytes) {
  WireReader in(bytes);
  const std::uint8_t version = in.u8();
  if (!in.ok() || version == 0) return Error{Errc::corrupt, "record of a range: it has no version"};
  if (version > record_version)
    return Error{Errc::unsupported, "record of a range: version " + std::to_string(version) +
                                        " is newer than this node's " + std::to_string(record_version)};
  RangeRecord record;
  record.id = read_range_id(in);
  record.descriptor = read_descriptor(in);
  if (!in.ok()) return Error{Errc::corrupt, "record of a range: its descriptor makes no sense"};
  record.applied.index = in.varint();
  record.applied.term = in.varint();
  const std::uint64_t stamp = in.varint();
  if (!in.ok() || stamp > static_cast<std::uint64_t>(std::numeric_limits<UnixMs>::max()))
    return Error{Errc::corrupt, "record of a range: it is cut off, or its last stamp is no time"};
  record.last_stamp_ms = static_cast<UnixMs>(stamp);
  record.keeps_passed = version >= version_keeping;
  if (version >= version_with_merges && !read_merges(in, record))
    return Error{Errc::corrupt, "record of a range: what it says of merges makes no sense"};
  if (version == record_version) record.base = read_provisional_base(in);
  if (!in.ok()) return Error{Errc::corrupt, "record of a range: what it began with makes no sense"};
  return record;
}

}  // namespace tenon::kv
