#include "store/members/row.h"

#include "base/wire.h"

namespace tenon::store {

namespace {

constexpr std::uint8_t version = 1;
// Older nodes would delete the items.
constexpr std::uint8_t version_keeps_items = 2;

}  // namespace

std::string encode(const MemberRow& row) {
  std::string bytes;
  WireWriter out(bytes);
  out.u8(row.keeps_items ? version_keeps_items : version);
  out.u8(static_cast<std::uint8_t>(row.fate));
  out.varint(row.epoch);
  out.u8(row.dropping ? 1 : 0);
  out.u8(row.was_lost ? 1 : 0);
  kv::write(out, row.descriptor);
  return bytes;
}

Result<MemberRow> decode_member_row(std::string_view bytes) {
  WireReader in(bytes);
  const std::uint8_t found = in.u8();
  if (in.ok() && found != version && found != version_keeps_items)
    return Error{Errc::unsupported, "a member's row is of version " + std::to_string(found)};
  MemberRow row;
  row.keeps_items = found == version_keeps_items;
  const std::uint8_t fate = in.u8();
  row.fate = static_cast<MemberRow::Fate>(fate);
  const std::uint64_t epoch = in.varint();
  row.epoch = static_cast<std::uint32_t>(epoch);
  row.dropping = in.u8() != 0;
  row.was_lost = in.u8() != 0;
  row.descriptor = kv::read_descriptor(in);
  if (!in.ok() || epoch > UINT32_MAX || fate < 1 || fate > 2)
    return Error{Errc::corrupt, "a member's row does not hold together"};
  return row;
}

}  // namespace tenon::store
