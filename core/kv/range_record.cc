#include "kv/range_record.h"

#include <limits>

#include "base/wire.h"

namespace tenon::kv {
namespace {

constexpr std::uint8_t record_version = 1;

void append_be64(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint64_t read_be64(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

}  // namespace

std::string range_key(const RangeId& id) {
  std::string key;
  key.reserve(2 * sizeof(std::uint64_t));
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

std::optional<SourceId> source_of_key(std::string_view key) {
  if (key.size() != 3 * sizeof(std::uint64_t)) return std::nullopt;
  return SourceId{read_be64(key.substr(2 * sizeof(std::uint64_t)))};
}

std::string encode(const RangeRecord& record) {
  std::string bytes;
  WireWriter out(bytes);
  out.u8(record_version);
  write(out, record.id);
  write(out, record.descriptor);
  out.varint(record.applied.index);
  out.varint(record.applied.term);
  out.varint(static_cast<std::uint64_t>(record.last_stamp_ms));
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
  return record;
}

}  // namespace tenon::kv
