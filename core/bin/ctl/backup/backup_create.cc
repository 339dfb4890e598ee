#include "bin/ctl/backup/backup_create.h"

#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "admin/json/key_text.h"
#include "base/wire.h"
#include "bin/ctl/backup/backup_walk.h"
#include "bin/ctl/passwd/password_file.h"

namespace tenon::ctl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int tries_max = 8;

Result<std::uint64_t> random_id() {
  const auto bytes = random_bytes(8);
  if (!bytes.ok()) return bytes.error();
  const std::uint64_t id = WireReader(*bytes).u64();
  return id == 0 ? 1 : id;
}

// A key as part of a query: what key_text() leaves, and its own '%' escaped.
std::string key_in_query(std::string_view key) {
  std::string out;
  for (const char c : admin::key_text(key)) out += c == '%' ? "%25" : std::string(1, c);
  return out;
}

// Lets no more through than so much for each second, in the mean since the beginning.
class Pace {
 public:
  explicit Pace(std::uint64_t bytes_per_s) : bytes_per_s_(bytes_per_s) {}
  void passed(std::size_t bytes) {
    bytes_ += bytes;
    const std::chrono::duration<double> due(static_cast<double>(bytes_) / static_cast<double>(bytes_per_s_));
    std::this_thread::sleep_until(begin_ + std::chrono::duration_cast<Clock::duration>(due));
  }

 private:
  const std::uint64_t bytes_per_s_;
  const Clock::time_point begin_ = Clock::now();
  std::uint64_t bytes_ = 0;
};

class Creation {
 public:
  Creation(const ApiClient& broker, BackupWriter& writer, std::uint64_t bytes_per_s, const Progress& progress)
      : broker_(broker), writer_(writer), pace_(bytes_per_s), progress_(progress) {}

  Status run() {
    for (const kv::StoreId store : backup_stores)
      for (std::optional<std::string> from = std::string(); from;) {
        auto next = add_range(store, *from);
        if (!next.ok()) return next.error();
        from = std::move(next).value();
      }
    return {};
  }

 private:
  // Where the range ends that holds the key; none: with the store. Begun anew when it breaks off.
  Result<std::optional<std::string>> add_range(kv::StoreId store, const std::string& from) {
    const auto reader = random_id();
    if (!reader.ok()) return reader.error();
    for (int tried = 1;; ++tried) {
      auto next = try_range(store, from, *reader);
      const bool is_final = next.ok() || next.error().code == Errc::denied ||
                            next.error().code == Errc::not_found || tried == tries_max;
      if (is_final) return next;
      tell("the store " + std::string(kv::to_string(store)) + ": " + next.error().message +
           "; this range is begun anew");
      if (const Status back = writer_.roll_back_part(); !back.ok()) return back.error();
      std::this_thread::sleep_for(std::chrono::milliseconds(250 * tried));
    }
  }

  Result<std::optional<std::string>> try_range(kv::StoreId store, const std::string& from,
                                               std::uint64_t reader) {
    const BackupPart part{static_cast<std::uint8_t>(store), from};
    if (const Status begun = writer_.begin_part(part); !begun.ok()) return begun.error();
    const std::string path = "/api/v1/backup/" + std::string(kv::to_string(store));
    std::optional<std::string> end;
    for (std::uint64_t number = 0;; ++number) {
      const Result<std::string> body =
          number == 0
              ? broker_.ask(
                    "POST", path,
                    nlohmann::json{{"reader", id_text(reader)}, {"key", admin::key_text(from)}}.dump())
              : broker_.ask("GET",
                            path + "/" + id_text(reader) + "?chunk=" + std::to_string(number) +
                                "&key=" + key_in_query(from),
                            {});
      if (!body.ok()) return body.error();
      const auto chunk = kv::decode_snapshot_chunk(*body);
      if (!chunk.ok() || chunk->number != number) return Error{Errc::corrupt, "a chunk came damaged"};
      if (number == 0 && !chunk->record.descriptor.end.empty()) end = chunk->record.descriptor.end;
      if (const Status added = writer_.add(BlockKind::chunk, *body); !added.ok()) return added.error();
      pace_.passed(body->size());
      if (chunk->kind == kv::SnapshotChunk::Kind::end) {
        tell("the store " + std::string(kv::to_string(store)) + ": a range of " +
             std::to_string(chunk->counts.state) + " rows; " + std::to_string(writer_.bytes() >> 10) +
             " KiB so far");
        return end;
      }
    }
  }

  void tell(const std::string& line) const {
    if (progress_) progress_(line);
  }

  const ApiClient& broker_;
  BackupWriter& writer_;
  Pace pace_;
  const Progress& progress_;
};

}  // namespace

Status create_backup(const ApiClient& broker, const std::string& path, std::uint64_t bytes_per_s,
                     const Progress& progress) {
  const auto id = random_id();
  if (!id.ok()) return id.error();
  auto writer = BackupWriter::create(path);
  if (!writer.ok()) return writer.error();
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  if (const Status begun =
          writer->add(BlockKind::header, encode(BackupHeader{*id, now_ms.count(), TENON_VERSION}));
      !begun.ok())
    return begun;
  if (const Status written = Creation(broker, *writer, bytes_per_s, progress).run(); !written.ok())
    return written;
  return writer->finish();
}

}  // namespace tenon::ctl
