#include "kv/snapshot/chunk.h"

#include <utility>

#include "base/digest/crc32c.h"
#include "base/wire.h"

namespace tenon::kv {
namespace {

constexpr std::uint8_t chunk_version = 1;
// A row takes two lengths at least.
constexpr std::size_t row_bytes_min = 2;

Error corrupt(std::string what) {
  return {Errc::corrupt, "chunk of a snapshot: " + std::move(what)};
}

void write_body(WireWriter& out, const SnapshotChunk& chunk) {
  switch (chunk.kind) {
    case SnapshotChunk::Kind::header:
      out.bytes(encode(chunk.record));
      return;
    case SnapshotChunk::Kind::rows:
      out.u8(static_cast<std::uint8_t>(chunk.space));
      out.varint(chunk.rows.size());
      for (const SnapshotRow& row : chunk.rows) {
        out.bytes(row.key);
        out.bytes(row.value);
      }
      return;
    case SnapshotChunk::Kind::end:
      out.varint(chunk.counts.state);
      out.varint(chunk.counts.sources);
      return;
  }
}

Status read_header(WireReader& in, SnapshotChunk& ret_chunk) {
  Result<RangeRecord> record = decode_range_record(in.bytes());
  if (!record) return record.error();
  ret_chunk.record = std::move(record).value();
  return {};
}

Status read_rows(WireReader& in, SnapshotChunk& ret_chunk) {
  ret_chunk.space = SnapshotSpace{in.u8()};
  if (ret_chunk.space != SnapshotSpace::state && ret_chunk.space != SnapshotSpace::sources)
    return corrupt("there is no space of this number");
  const std::uint64_t count = in.varint();
  if (count > in.rest().size() / row_bytes_min) return corrupt("it is shorter than the count of its rows");
  ret_chunk.rows.resize(count);
  for (SnapshotRow& row : ret_chunk.rows) {
    row.key = in.bytes();
    row.value = in.bytes();
  }
  return {};
}

Status read_body(WireReader& in, SnapshotChunk& ret_chunk) {
  switch (ret_chunk.kind) {
    case SnapshotChunk::Kind::header:
      return read_header(in, ret_chunk);
    case SnapshotChunk::Kind::rows:
      return read_rows(in, ret_chunk);
    case SnapshotChunk::Kind::end:
      ret_chunk.counts.state = in.varint();
      ret_chunk.counts.sources = in.varint();
      return {};
  }
  return corrupt("there is no kind of this number");
}

}  // namespace

std::string encode(const SnapshotChunk& chunk) {
  std::string body;
  WireWriter out(body);
  out.u8(chunk_version);
  out.u8(static_cast<std::uint8_t>(chunk.kind));
  write(out, chunk.id.range);
  out.varint(chunk.id.applied.index);
  out.varint(chunk.id.applied.term);
  out.varint(chunk.number);
  write_body(out, chunk);

  std::string bytes;
  bytes.reserve(sizeof(std::uint32_t) + body.size());
  WireWriter whole(bytes);
  whole.u32(crc32c(body));
  whole.raw(body);
  return bytes;
}

Result<SnapshotChunk> decode_snapshot_chunk(std::string_view bytes) {
  WireReader in(bytes);
  const std::uint32_t sum = in.u32();
  if (!in.ok() || sum != crc32c(in.rest())) return corrupt("its sum is wrong");
  const std::uint8_t version = in.u8();
  if (version > chunk_version)
    return Error{Errc::unsupported, "chunk of a snapshot: version " + std::to_string(version) +
                                        " is newer than this node's " + std::to_string(chunk_version)};
  SnapshotChunk chunk;
  chunk.kind = SnapshotChunk::Kind{in.u8()};
  chunk.id.range = read_range_id(in);
  chunk.id.applied.index = in.varint();
  chunk.id.applied.term = in.varint();
  chunk.number = in.varint();
  if (!in.ok() || version == 0) return corrupt("its head is cut off");
  const Status body = read_body(in, chunk);
  if (!body) return body.error();
  if (!in.ok()) return corrupt("its body is cut off");
  return chunk;
}

}  // namespace tenon::kv
