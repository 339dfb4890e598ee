// The readers of core/kv over arbitrary bytes: what a log, an engine or a peer may hand over. The first byte
// chooses: an entry, the record of a range, the chunks of a snapshot (whose sums are made right first), the
// row of a sender, a split.
//
// What is taken must come out the same when it is written and read again.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/digest/crc32c.h"
#include "base/wire.h"
#include "kv/command.h"
#include "kv/range_record.h"
#include "kv/reshape/split.h"
#include "kv/senders/source_row.h"
#include "kv/snapshot/receiver.h"

namespace {

using namespace tenon;
using namespace tenon::kv;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_same(const Command& a, const Command& b) {
  return a.kind == b.kind && a.source == b.source && a.sequence == b.sequence && a.text == b.text &&
         a.key == b.key && a.last_key == b.last_key;
}

void read_as_entry(std::string_view bytes) {
  const Result<EntryView> entry = read_entry(bytes);
  if (!entry) return;
  EntryBuilder builder;
  for (const Command& command : entry->commands) builder.add(command);
  const std::string payload = builder.take(entry->stamp_ms);
  const EntryView again = read_entry(payload).value();
  require(again.stamp_ms == entry->stamp_ms && again.commands.size() == entry->commands.size());
  for (std::size_t i = 0; i < again.commands.size(); ++i)
    require(is_same(again.commands[i], entry->commands[i]));
}

void read_as_record(std::string_view bytes) {
  const Result<RangeRecord> record = decode_range_record(bytes);
  if (!record) return;
  const std::string written = encode(*record);
  require(encode(decode_range_record(written).value()) == written);
}

void read_as_source_row(std::string_view bytes) {
  const Result<SourceRow> row = decode_source_row(bytes);
  if (!row) return;
  const std::string written = encode(*row);
  require(encode(decode_source_row(written).value()) == written);
  SourceRow grown = *row;
  const bool may_grow = grown.last < UINT64_MAX / 2 && grown.is_sound();
  if (may_grow && grown.pass_over(3).ok())
    require(grown.fate_of(grown.last).value() == SourceRow::Fate::passed);
}

void read_as_split(std::string_view bytes) {
  const Result<SplitCommand> split = decode_split(bytes);
  if (split) require(decode_split(encode(*split)).value() == *split);
}

class Staging final : public SnapshotStaging {
 public:
  Status begin(const RangeRecord& record) override {
    descriptor_ = record.descriptor;
    return {};
  }
  Status stage(SnapshotSpace space, std::span<const SnapshotRow> rows) override {
    for (const SnapshotRow& row : rows)
      require(space == SnapshotSpace::sources || descriptor_.holds(row.key));
    return {};
  }

 private:
  Descriptor descriptor_;
};

// Pieces behind their lengths, each one chunk without its sum.
void read_as_chunks(std::string_view bytes) {
  Staging staging;
  SnapshotReceiver receiver({7, 1}, staging);
  WireReader in(bytes);
  while (in.ok() && !in.at_end()) {
    const std::string_view body = in.bytes();
    std::string chunk;
    WireWriter out(chunk);
    out.u32(crc32c(body));
    out.raw(body);
    const std::uint64_t next = receiver.next();
    const Result<SnapshotChunk> read = decode_snapshot_chunk(chunk);
    if (read) {
      const std::string written = encode(*read);
      require(encode(decode_snapshot_chunk(written).value()) == written);
    }
    require(receiver.next() == next);
    const bool is_taken = receiver.take(chunk).ok();
    require(receiver.next() == next + (is_taken ? 1 : 0));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 0:
      read_as_entry(bytes);
      break;
    case 1:
      read_as_record(bytes);
      break;
    case 2:
      read_as_chunks(bytes);
      break;
    case 3:
      read_as_source_row(bytes);
      break;
    case 4:
      read_as_split(bytes);
      break;
    default:
      break;
  }
  return 0;
}
