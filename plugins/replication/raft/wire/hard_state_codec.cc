#include "wire/hard_state_codec.h"

#include "algorithm/byte_io.h"

namespace tenon::raft {
namespace {

constexpr std::uint8_t format = 1;
constexpr std::uint8_t minor_known = 0;

}  // namespace

std::string encode_hard_state(const HardStateRecord& record) {
  std::string out;
  ByteWriter writer(out);
  writer.u8(format);
  writer.u8(minor_known);
  writer.u64(record.hard.term);
  writer.u64(static_cast<std::uint64_t>(record.hard.vote));
  writer.u64(record.hard.commit);
  writer.u64(record.epoch);
  return out;
}

const char* decode_hard_state(std::string_view bytes, HardStateRecord* ret_record) {
  ByteReader reader(bytes);
  if (reader.u8() != format) return "the hard state is of another format";
  const bool newer = reader.u8() > minor_known;
  HardStateRecord record;
  record.hard.term = reader.u64();
  record.hard.vote = NodeId{reader.u64()};
  record.hard.commit = reader.u64();
  record.epoch = reader.u64();
  if (!reader.ok()) return "the hard state is too short";
  if (reader.left() > 0 && !newer) return "the hard state is too long";
  *ret_record = record;
  return nullptr;
}

}  // namespace tenon::raft
