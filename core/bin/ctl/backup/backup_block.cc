#include "bin/ctl/backup/backup_block.h"

#include <cstdio>

#include "base/digest/crc32c.h"
#include "base/wire.h"

namespace tenon::ctl {

std::string id_text(std::uint64_t id) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(id));
  return text;
}

std::string encode(const BackupHeader& header) {
  std::string body;
  WireWriter out(body);
  out.u8(backup_version);
  out.u64(header.id);
  out.varint(static_cast<std::uint64_t>(header.made_ms));
  out.bytes(header.made_by);
  return body;
}

std::string encode(const BackupPart& part) {
  std::string body;
  WireWriter out(body);
  out.u8(part.store);
  out.bytes(part.from);
  return body;
}

std::string encode(const BackupEnd& end) {
  std::string body;
  WireWriter out(body);
  out.varint(end.parts);
  out.u32(end.sum);
  return body;
}

Result<BackupHeader> decode_backup_header(std::string_view body) {
  WireReader in(body);
  const std::uint8_t version = in.u8();
  if (in.ok() && version != backup_version)
    return Error{Errc::unsupported, "the backup has version " + std::to_string(version) +
                                        " of its format; this program reads version " +
                                        std::to_string(backup_version)};
  BackupHeader header;
  header.id = in.u64();
  header.made_ms = static_cast<UnixMs>(in.varint());
  header.made_by = in.bytes();
  if (!in.ok() || header.id == 0) return Error{Errc::corrupt, "the header does not hold together"};
  return header;
}

Result<BackupPart> decode_backup_part(std::string_view body) {
  WireReader in(body);
  BackupPart part;
  part.store = in.u8();
  part.from = in.bytes();
  if (!in.ok()) return Error{Errc::corrupt, "the head of a part does not hold together"};
  return part;
}

Result<BackupEnd> decode_backup_end(std::string_view body) {
  WireReader in(body);
  BackupEnd end;
  end.parts = in.varint();
  end.sum = in.u32();
  if (!in.ok()) return Error{Errc::corrupt, "the end does not hold together"};
  return end;
}

std::uint32_t sum_of_block(BlockKind kind, std::string_view body) {
  const char first = static_cast<char>(kind);
  return crc32c(body, crc32c({&first, 1}));
}

std::string encode_block(BlockKind kind, std::string_view body) {
  std::string block;
  block.reserve(block_head_bytes + body.size());
  WireWriter out(block);
  out.u32(static_cast<std::uint32_t>(body.size()));
  out.u32(sum_of_block(kind, body));
  out.u8(static_cast<std::uint8_t>(kind));
  out.raw(body);
  return block;
}

std::uint32_t add_sum(std::uint32_t sums, std::uint32_t sum) {
  std::string bytes;
  WireWriter(bytes).u32(sum);
  return crc32c(bytes, sums);
}

}  // namespace tenon::ctl
