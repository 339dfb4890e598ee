#include "rocksdb/engine.h"

#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <utility>

#include <tenon/failure.hpp>

#include "common/limits.h"
#include "common/rows.h"
#include "rocksdb/failures.h"
#include "rocksdb/files/marker_file.h"
#include "shared/disk_check.h"

namespace tenon::storage_rocksdb {
namespace {

using rocksdb::Status;
using sdk::Failure;
using storage::RowKey;

constexpr auto relaxed = std::memory_order_relaxed;

void add_write(rocksdb::WriteBatch& batch, const tenon_write& write, RowKey& key, RowKey& end) {
  key.set(write.space, write.key);
  const rocksdb::Slice at = slice_of(key.get());
  if (write.type == TENON_WRITE_PUT) {
    batch.Put(at, slice_of(write.value));
  } else if (write.type == TENON_WRITE_DELETE) {
    batch.Delete(at);
  } else {
    end.set_end(write.space, write.value);
    if (at.compare(slice_of(end.get())) < 0) batch.DeleteRange(at, slice_of(end.get()));
  }
}

const rocksdb::Snapshot* view_of(const Engine::Snapshot* snapshot) {
  return snapshot ? snapshot->view() : nullptr;
}

// Removes what is in a directory that an earlier try has left. Without one: nothing.
void clear_directory(rocksdb::Env& env, const std::string& dir) {
  std::vector<std::string> names;
  if (!env.GetChildren(dir, &names).ok()) return;
  for (const std::string& name : names)
    if (name != "." && name != "..") env.DeleteFile(dir + "/" + name);
  env.DeleteDir(dir);
}

}  // namespace

Engine::Engine(const Database::Setup& setup, sdk::Health health)
    : health_(std::move(health)), database_(setup), db_(database_.db()) {}

Engine::~Engine() {
  if (database_.gate().is_latched()) return;
  sdk::guarded_void([&] {
    go_on_if_stopped();
    make_durable();
  });
}

// -- writing

void Engine::check(const Status& status) const {
  if (status.ok()) return;
  if (database_.gate().is_latched()) health_.failed(database_.gate().reason());
  throw failure_of(status, database_.gate(), database_.dir());
}

void Engine::refuse_if_latched() const {
  if (!database_.gate().is_latched()) return;
  health_.failed(database_.gate().reason());
  throw Failure(TENON_E_IO_FATAL, database_.gate().reason(), 0, TENON_ERROR_FATAL);
}

// RocksDB answers damage to what writes after a merge of tables, or its own memory, has shown some. It writes
// nothing any more then, whoever's rows those are.
void Engine::check_written(const Status& status) {
  if (status.IsCorruption()) {
    database_.gate().latch(database_.dir() + ": " + status.ToString() + "; restore the engine from a copy");
    refuse_if_latched();
  }
  // RocksDB tells of a stop a moment before it holds: the next call goes on from one that this call met.
  if (!status.ok()) database_.events().put_back_stop();
  check(status);
}

// RocksDB stops writing when one of its threads has failed, at a full device above all. What is in memory is
// complete then; going on writes it to new files.
void Engine::go_on_if_stopped() {
  if (!database_.events().take_stop()) return;
  const Status status = db_.Resume();
  refuse_if_latched();
  check_written(status);
}

// What is in memory needs its room on the device when it becomes a table. A write that would find none then
// is refused now.
void Engine::refuse_without_room(std::uint64_t bytes) {
  const std::uint64_t needed = database_.events().unflushed().bytes() + 2 * bytes;
  const std::uint64_t free = database_.free_bytes();
  if (free >= needed) return;
  throw Failure(TENON_E_NOSPACE, database_.dir() + ": the device has " + std::to_string(free) +
                                     " bytes left, a write needs " + std::to_string(needed) +
                                     "; make room on the device");
}

tenon_status Engine::write_v(std::span<const tenon_write_batch> batches, std::uint32_t durability) {
  storage::check_batches(batches, durability);
  refuse_if_latched();
  go_on_if_stopped();
  rocksdb::WriteBatch all;
  RowKey key;
  RowKey end;
  std::uint64_t write_count = 0;
  for (const tenon_write_batch& batch : batches) {
    for (const tenon_write& one : std::span(batch.writes, batch.count)) add_write(all, one, key, end);
    write_count += batch.count;
  }
  if (all.Count() > 0)
    write(all, durability);
  else if (durability == TENON_DURABLE_DISK)
    make_durable();
  batch_count_.fetch_add(batches.size(), relaxed);
  write_count_.fetch_add(write_count, relaxed);
  return TENON_OK;
}

void Engine::write(rocksdb::WriteBatch& batch, std::uint32_t durability) {
  const std::uint64_t bytes = batch.GetDataSize();
  refuse_without_room(bytes);
  if (durability != TENON_DURABLE_MEM) {
    was_asked_ = logs_all_ = true;
    if (has_unlogged_) flush();  // a crash must not show this write without those before it
  }
  rocksdb::WriteOptions options;
  options.sync = durability == TENON_DURABLE_DISK;
  options.disableWAL = !logs_all_;
  check_written(db_.Write(options, &batch));
  has_unlogged_ = has_unlogged_ || options.disableWAL;
  database_.events().unflushed().add(db_.GetLatestSequenceNumber(), bytes);
}

void Engine::sync() {
  refuse_if_latched();
  go_on_if_stopped();
  make_durable();
  logs_all_ = std::exchange(was_asked_, false);
}

void Engine::make_durable() {
  if (has_unlogged_)
    flush();
  else
    check(db_.SyncWAL());
}

void Engine::flush() {
  rocksdb::FlushOptions options;
  options.allow_write_stall = true;
  check_written(db_.Flush(options));
  has_unlogged_ = false;
}

// -- reading

tenon_status Engine::get(const Snapshot* snapshot, std::uint32_t space, tenon_bytes key,
                         tenon_bytes* ret_value) {
  storage::check_space(space);
  read_count_.fetch_add(1, relaxed);
  value_.Reset();
  rocksdb::ReadOptions options;
  options.snapshot = view_of(snapshot);
  const RowKey row(space, key);
  const Status status = db_.Get(options, db_.DefaultColumnFamily(), slice_of(row.get()), &value_);
  if (status.IsNotFound()) return TENON_E_NOT_FOUND;
  if (!status.ok()) throw reading_failure(status);
  *ret_value = bytes_of(value_);
  return TENON_OK;
}

std::unique_ptr<Engine::Snapshot> Engine::snapshot() {
  read_count_.fetch_add(1, relaxed);
  return std::make_unique<Snapshot>(db_);
}

std::unique_ptr<Engine::Iterator> Engine::iterate(const Snapshot* snapshot, std::uint32_t space,
                                                  tenon_bytes begin, tenon_bytes end, std::uint32_t flags) {
  storage::check_space(space);
  storage::check_iterator_flags(flags);
  read_count_.fetch_add(1, relaxed);
  return std::make_unique<Iterator>(*this, snapshot, space, begin, end, (flags & TENON_ITER_REVERSE) != 0);
}

std::unique_ptr<Engine::Export> Engine::export_range(const Snapshot* snapshot, std::uint32_t space,
                                                     tenon_bytes begin, tenon_bytes end) {
  storage::check_space(space);
  read_count_.fetch_add(1, relaxed);
  return std::make_unique<Export>(*this, snapshot, space, begin, end);
}

Engine::Iterator::Iterator(const Engine& engine, const Snapshot* snapshot, std::uint32_t space,
                           tenon_bytes begin, tenon_bytes end, bool reverse)
    : engine_(engine), cursor_(engine.db_, view_of(snapshot), space, begin, end, reverse) {}

tenon_status Engine::Iterator::next(std::uint64_t count_max, std::uint64_t bytes_max, tenon_page* ret_page) {
  page_.clear();
  for (; cursor_.is_on_item(); cursor_.advance()) {
    if (page_.count() > 0 && page_.count() >= count_max) break;
    const tenon_bytes key = cursor_.key();
    const tenon_bytes value = cursor_.value();
    if (page_.count() > 0 && page_.bytes() + key.len + value.len > bytes_max) break;
    page_.add(key, value);
  }
  if (!cursor_.status().ok()) throw engine_.reading_failure(cursor_.status());
  if (page_.count() == 0) return TENON_END;
  *ret_page = page_.view();
  return TENON_OK;
}

Engine::Export::Export(const Engine& engine, const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
                       tenon_bytes end)
    : engine_(engine), cursor_(engine.db_, view_of(snapshot), space, begin, end, false) {}

tenon_status Engine::Export::next(std::uint64_t bytes_max, tenon_bytes* ret_chunk) {
  chunk_.clear();
  for (; cursor_.is_on_item(); cursor_.advance()) {
    const tenon_bytes key = cursor_.key();
    const tenon_bytes value = cursor_.value();
    if (!chunk_.empty() && chunk_.size() + storage::row_bytes(key.len, value.len) > bytes_max) break;
    storage::append_row(chunk_, key, value);
  }
  if (!cursor_.status().ok()) throw engine_.reading_failure(cursor_.status());
  if (chunk_.empty()) return TENON_END;
  *ret_chunk = {chunk_.data(), chunk_.size()};
  return TENON_OK;
}

// A read that fails says nothing about what was written.
Failure Engine::reading_failure(const Status& status) const {
  static const WriteGate open;
  if (lacks_descriptors(status))
    return {TENON_E_IO, database_.dir() + ": " + status.ToString() + "; raise the limit of open files"};
  return failure_of(status, open, database_.dir());
}

// -- the whole

void Engine::import_chunk(std::uint32_t space, tenon_bytes chunk) {
  const auto puts = storage::rows_as_puts(space, chunk);
  const tenon_write_batch batch{puts.data(), puts.size()};
  write_v({&batch, 1}, TENON_DURABLE_MEM);
}

void Engine::checkpoint(const char* path) {
  const std::string name = path;
  if (database_.env().FileExists(name).ok())
    throw Failure(TENON_E_EXISTS, "making " + name + ": it exists already");
  refuse_if_latched();
  go_on_if_stopped();
  const std::string partial = name + ".partial";
  clear_directory(database_.env(), partial);
  copy_to(partial);
  check(database_.env().RenameFile(partial, name));
  check(sync_directory(database_.env(), shared::parent_of(name)));
}

void Engine::copy_to(const std::string& dir) {
  rocksdb::Checkpoint* raw = nullptr;
  check(rocksdb::Checkpoint::Create(&db_, &raw));
  const std::unique_ptr<rocksdb::Checkpoint> copying(raw);
  check(copying->CreateCheckpoint(dir));
  has_unlogged_ = false;  // it has written everything to tables first
  check(write_marker(database_.env(), dir));
}

void Engine::verify() {
  check(db_.VerifyChecksum());
  check(db_.VerifyFileChecksums(rocksdb::ReadOptions()));
}

void Engine::stats(tenon_storage_stats* ret_stats) const {
  const WriteGate& gate = database_.gate();
  ret_stats->latched = gate.is_latched() ? 1 : 0;
  ret_stats->disk_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(gate.disk_bytes(), 0));
  ret_stats->memory_bytes = database_.memory_bytes();
  ret_stats->batch_count = batch_count_.load(relaxed);
  ret_stats->write_count = write_count_.load(relaxed);
  ret_stats->sync_count = gate.sync_count();
  ret_stats->read_count = read_count_.load(relaxed);
}

}  // namespace tenon::storage_rocksdb
