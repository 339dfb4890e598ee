#include "segment/segments/format.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "shared/byte_order.h"
#include "shared/crc32c.h"

namespace tenon::segment_log {
namespace {

using shared::crc32c;
using shared::load_le32;
using shared::load_le64;
using shared::store_le32;
using shared::store_le64;

constexpr std::uint8_t head_magic[8] = {'t', 'e', 'n', 'o', 'n', 's', 'e', 'g'};
constexpr std::uint32_t head_bytes = 40;
constexpr std::uint32_t record_magic = 0x31524C54;   // "TLR1"
constexpr std::uint32_t trailer_magic = 0x31455254;  // "TRE1"
constexpr const char* name_ending = ".seg";
constexpr std::size_t name_digits = 16;

std::uint16_t load_le16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>(p[0] | (p[1] << 8));
}
void store_le16(std::uint8_t* p, std::uint16_t v) {
  p[0] = static_cast<std::uint8_t>(v);
  p[1] = static_cast<std::uint8_t>(v >> 8);
}

std::uint32_t place_crc(const SegmentId& id, std::uint32_t offset) {
  std::uint8_t place[20];
  store_le64(place, id.journal);
  store_le64(place + 8, id.number);
  store_le32(place + 16, offset);
  return crc32c(place);
}

HeadState decode_head(Bytes bytes, SegmentId* ret_id) {
  if (bytes.size() < head_bytes || !std::equal(std::begin(head_magic), std::end(head_magic), bytes.begin()) ||
      load_le32(bytes.data() + 32) != crc32c(bytes.first(32)))
    return HeadState::bad;
  if (load_le32(bytes.data() + 8) > format_version) return HeadState::newer;
  *ret_id = {load_le64(bytes.data() + 16), load_le64(bytes.data() + 24)};
  return HeadState::valid;
}

}  // namespace

void encode_head_block(const SegmentId& id, std::span<std::uint8_t> block) {
  std::fill(block.begin(), block.end(), std::uint8_t{0});
  for (const std::uint32_t at : {0u, head_copy_offset}) {
    std::uint8_t* head = block.data() + at;
    std::memcpy(head, head_magic, sizeof head_magic);
    store_le32(head + 8, format_version);
    store_le64(head + 16, id.journal);
    store_le64(head + 24, id.number);
    store_le32(head + 32, crc32c({head, 32}));
  }
}

HeadState decode_head_block(Bytes file, SegmentId* ret_id) {
  const HeadState first = decode_head(file, ret_id);
  if (first != HeadState::bad || file.size() <= head_copy_offset) return first;
  return decode_head(file.subspan(head_copy_offset), ret_id);
}

void seal_record(const SegmentId& id, std::uint32_t offset, RecordHead head, std::span<std::uint8_t> record) {
  std::uint8_t* p = record.data();
  const std::size_t body_end = record_head_bytes + head.body_bytes;
  std::uint8_t* trailer = p + record.size() - record_trailer_bytes;
  std::fill(p + body_end, trailer, std::uint8_t{0});
  store_le32(p, record_magic);
  store_le32(p + 8, head.body_bytes);
  store_le32(p + 12, crc32c(Bytes(record).subspan(record_head_bytes, head.body_bytes)));
  store_le64(p + 16, head.batch);
  store_le32(p + 24, head.batch_offset);
  store_le32(p + 28, head.batch_bytes);
  store_le64(p + 32, head.group.range);
  store_le64(p + 40, head.group.incarnation);
  store_le32(p + 48, head.number);
  store_le16(p + 52, static_cast<std::uint16_t>(head.type));
  store_le16(p + 54, head.flags);
  store_le64(p + 56, head.base.index);
  store_le64(p + 64, head.base.term);
  store_le64(p + 72, head.first);
  store_le32(p + 80, head.entry_count);
  store_le32(p + 84, head.hard_state_bytes);
  const std::uint32_t place = place_crc(id, offset);
  store_le32(p + 4, crc32c({p + 8, record_head_bytes - 8}, place));

  store_le64(trailer, head.group.range);
  store_le64(trailer + 8, head.group.incarnation);
  store_le32(trailer + 16, head.number);
  store_le32(trailer + 20, static_cast<std::uint32_t>(record.size()));
  store_le32(trailer + 24, crc32c({trailer, 24}, place));
  store_le32(trailer + 28, trailer_magic);
}

bool decode_record_head(const SegmentId& id, std::uint32_t offset, Bytes at, RecordHead* ret_head) {
  if (at.size() < record_head_bytes) return false;
  const std::uint8_t* p = at.data();
  if (load_le32(p) != record_magic ||
      load_le32(p + 4) != crc32c({p + 8, record_head_bytes - 8}, place_crc(id, offset)))
    return false;
  RecordHead head;
  head.body_bytes = load_le32(p + 8);
  head.body_crc = load_le32(p + 12);
  head.batch = load_le64(p + 16);
  head.batch_offset = load_le32(p + 24);
  head.batch_bytes = load_le32(p + 28);
  head.group = {load_le64(p + 32), load_le64(p + 40)};
  head.number = load_le32(p + 48);
  head.type = static_cast<RecordType>(load_le16(p + 52));
  head.flags = load_le16(p + 54);
  head.base = {load_le64(p + 56), load_le64(p + 64)};
  head.first = load_le64(p + 72);
  head.entry_count = load_le32(p + 80);
  head.hard_state_bytes = load_le32(p + 84);
  *ret_head = head;
  return head.body_bytes <= batch_bytes_max && head.hard_state_bytes <= head.body_bytes &&
         head.batch_offset <= offset;
}

bool body_is_sound(const RecordHead& head, Bytes body) {
  return crc32c(body) == head.body_crc;
}

bool decode_trailer(const SegmentId& id, std::uint32_t end, Bytes before, RecordTrailer* ret_trailer) {
  if (before.size() < record_head_bytes + record_trailer_bytes) return false;
  const std::uint8_t* p = before.data() + before.size() - record_trailer_bytes;
  if (load_le32(p + 28) != trailer_magic) return false;
  const std::uint32_t bytes = load_le32(p + 20);
  if (bytes < record_head_bytes + record_trailer_bytes || bytes % 8 != 0 || bytes > end) return false;
  if (load_le32(p + 24) != crc32c({p, 24}, place_crc(id, end - bytes))) return false;
  *ret_trailer = {{load_le64(p), load_le64(p + 8)}, load_le32(p + 16), bytes};
  return true;
}

bool next_entry(Bytes& body, EntryView* ret_entry) {
  if (body.size() < entry_head_bytes) return false;
  const std::uint64_t len = load_le32(body.data() + 12);
  if (len > body.size() - entry_head_bytes) return false;
  *ret_entry = {load_le64(body.data()), load_le32(body.data() + 8), body.subspan(entry_head_bytes, len)};
  body = body.subspan(entry_head_bytes + len);
  return true;
}

std::string segment_name(std::uint64_t number) {
  char digits[name_digits];
  for (std::size_t i = name_digits; i-- > 0; number >>= 4) digits[i] = "0123456789abcdef"[number & 15];
  return std::string(digits, name_digits) + name_ending;
}

std::uint64_t segment_number(std::string_view name) {
  if (name.size() != name_digits + 4 || !name.ends_with(name_ending)) return 0;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name_digits, number, 16);
  if (error != std::errc() || end != name.data() + name_digits) return 0;
  return segment_name(number) == name ? number : 0;
}

}  // namespace tenon::segment_log
