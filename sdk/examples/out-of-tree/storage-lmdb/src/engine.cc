// SPDX-License-Identifier: 0BSD
#include "engine.h"

#include <sys/stat.h>

#include <algorithm>

#include <tenon/bytes.hpp>

#include "files.h"

namespace acme {
namespace {

constexpr std::uint64_t key_bytes_max = 128 * 1024;
constexpr std::uint64_t value_bytes_max = 512u * 1024 * 1024;
// So much may wait in memory for a sync.
constexpr std::uint64_t waiting_bytes_max = 32u * 1024 * 1024;
// Snapshots, iterators and exports that may be open at once.
constexpr unsigned readers_max = 4'096;
constexpr mdb_mode_t file_mode = 0600;

// The record that says what the environment is; behind all spaces.
constexpr std::string_view format_key(
    "\xff\xff"
    "format",
    8);
constexpr std::string_view format_name = "acme storage/lmdb ";
constexpr std::string_view format = "acme storage/lmdb 1";

tenon_bytes abi(const std::string& text) {
  return sdk::abi(std::string_view(text));
}

void refuse(const std::string& why) {
  throw sdk::Failure(TENON_E_INVALID, why);
}

void check_space(std::uint32_t space) {
  if (space > space_max) refuse("there is no space " + std::to_string(space));
}

void check_write(const tenon_write& write) {
  if (write.type > TENON_WRITE_DELETE_RANGE)
    refuse("there is no write of type " + std::to_string(write.type));
  check_space(write.space);
  if (write.key.len > key_bytes_max)
    refuse("a key of " + std::to_string(write.key.len) + " bytes is too long");
  const std::uint64_t value_max = write.type == TENON_WRITE_PUT ? value_bytes_max : key_bytes_max;
  if (write.type != TENON_WRITE_DELETE && write.value.len > value_max)
    refuse("a value of " + std::to_string(write.value.len) + " bytes is too long");
}

void check_batches(std::span<const tenon_write_batch> batches) {
  for (const tenon_write_batch& batch : batches)
    std::for_each(batch.writes, batch.writes + batch.count, check_write);
}

std::uint64_t bytes_in(std::span<const tenon_write_batch> batches) {
  std::uint64_t bytes = 0;
  for (const tenon_write_batch& batch : batches)
    for (std::uint64_t i = 0; i < batch.count; ++i)
      bytes += batch.writes[i].key.len + batch.writes[i].value.len;
  return bytes;
}

}  // namespace

tenon_engine_info Engine::info() {
  return {sizeof(tenon_engine_info),
          TENON_STORAGE_CAP_DURABLE | TENON_STORAGE_CAP_CHECKPOINT,
          key_bytes_max,
          value_bytes_max,
          space_max,
          0};
}

Engine::Engine(const std::string& dir, std::uint64_t map_bytes) : dir_(dir) {
  MDB_env* env = nullptr;
  check(mdb_env_create(&env), "make an environment");
  env_.reset(env);
  check(mdb_env_set_mapsize(env, map_bytes), "take map_bytes");
  check(mdb_env_set_maxreaders(env, readers_max), "take so many readers");
  make_directory(dir_);
  // MDB_NOTLS: a thread has many views. MDB_NORDAHEAD: keys are read here and there.
  const int code = mdb_env_open(env, dir_.c_str(), MDB_NOTLS | MDB_NORDAHEAD, file_mode);
  // LMDB's own word for a file that is none of its own sounds like a wrong argument.
  if (code == MDB_INVALID || code == EINVAL)
    throw sdk::Failure(TENON_E_CORRUPT, dir_ + "/data.mdb is no file of LMDB, or is damaged");
  check(code, "open " + dir_ + "/data.mdb");
  open_database();
}

Engine::~Engine() {
  if (!latched_) sdk::guarded_void([this] { commit(); });
}

void Engine::open_database() {
  Txn txn(env_.get(), nullptr, 0);
  check(mdb_dbi_open(txn.get(), nullptr, 0, &dbi_), "open the database");
  MDB_stat stat{};
  check(mdb_stat(txn.get(), dbi_, &stat), "look into the database");
  MDB_val key{format_key.size(), const_cast<char*>(format_key.data())};
  MDB_val value{format.size(), const_cast<char*>(format.data())};
  if (stat.ms_entries == 0) {
    check(mdb_put(txn.get(), dbi_, &key, &value, 0), "write the format");
  } else {
    const int code = mdb_get(txn.get(), dbi_, &key, &value);
    const std::string_view found = code == MDB_SUCCESS ? sdk::text_of(bytes_of(value)) : std::string_view();
    if (!found.starts_with(format_name))
      throw sdk::Failure(TENON_E_CORRUPT, dir_ + "/data.mdb is a database of somebody else's");
    if (found != format)
      throw sdk::Failure(TENON_E_UNSUPPORTED, dir_ + "/data.mdb is of a newer format: " + std::string(found));
  }
  check(txn.commit(), "write " + dir_ + "/data.mdb");
  sync_directory(dir_);
}

void Engine::refuse_if_latched() const {
  if (latched_)
    throw sdk::Failure(TENON_E_IO_FATAL, "a write to " + dir_ + "/data.mdb has failed; restart the broker");
}

// All calls share the transaction that waits, each in one of its own inside of it: whole, or not at all.
void Engine::write(std::span<const tenon_write_batch> batches) {
  if (!waiting_) waiting_ = Txn(env_.get(), nullptr, 0);
  const bool is_first = waiting_bytes_ == 0;
  try {
    Txn call(env_.get(), waiting_.get(), 0);
    for (const tenon_write_batch& batch : batches)
      for (std::uint64_t i = 0; i < batch.count; ++i) apply(call.get(), batch.writes[i]);
    check(call.commit(), "write");
  } catch (...) {
    if (is_first) waiting_ = Txn();
    throw;
  }
  waiting_bytes_ += bytes_in(batches) + 1;
}

// Makes everything that waits durable, or loses it; LMDB's answer.
int Engine::try_commit() {
  waiting_bytes_ = 0;
  ++sync_count_;
  return waiting_.commit();
}

// A failure loses what waited: the engine latches.
void Engine::commit() {
  if (waiting_) writer_.run([this] { latch_unless_done(try_commit()); });
}

// When LMDB can't write the page that names the newest state, it takes nothing more.
bool Engine::has_panicked() const {
  MDB_txn* txn = nullptr;
  const int code = mdb_txn_begin(env_.get(), nullptr, 0, &txn);
  if (txn) mdb_txn_abort(txn);
  return code == MDB_PANIC;
}

void Engine::latch_unless_done(int code) {
  if (code == MDB_SUCCESS) return;
  latched_ = true;
  throw sdk::Failure(TENON_E_IO_FATAL, "write " + dir_ + "/data.mdb: " + mdb_strerror(code),
                     code > 0 ? code : 0);
}

tenon_status Engine::write_v(std::span<const tenon_write_batch> batches, std::uint32_t durability) {
  if (durability > TENON_DURABLE_DISK) refuse("there is no durability class " + std::to_string(durability));
  check_batches(batches);
  refuse_if_latched();
  writer_.run([&] { take(batches, durability); });
  batch_count_ += batches.size();
  for (const tenon_write_batch& batch : batches) write_count_ += batch.count;
  return TENON_OK;
}

void Engine::take(std::span<const tenon_write_batch> batches, std::uint32_t durability) {
  const bool is_alone = !waiting_;
  write(batches);
  if (durability != TENON_DURABLE_MEM || waiting_bytes_ > waiting_bytes_max) {
    const int code = try_commit();
    // Nothing but this call is lost when the device or the map is full, and it says so.
    if (is_alone && status_of(code) == TENON_E_NOSPACE && !has_panicked())
      throw failure_of(code, "write " + dir_ + "/data.mdb");
    latch_unless_done(code);
  }
}

void Engine::sync() {
  refuse_if_latched();
  commit();
}

void Engine::apply(MDB_txn* txn, const tenon_write& write) {
  if (write.type == TENON_WRITE_PUT) return put(txn, write.space, write.key, write.value);
  if (write.type == TENON_WRITE_DELETE) return erase(txn, write.space, write.key);
  erase_range(txn, write.space, write.key, write.value);
}

void Engine::put(MDB_txn* txn, std::uint32_t space, tenon_bytes key, tenon_bytes value) {
  if (is_long(key)) return change_bucket(txn, space, key, &value);
  const std::string at = record_key(space, key), record = make_value(value);
  MDB_val raw_key = val_of(abi(at)), raw_value = val_of(abi(record));
  check(mdb_put(txn, dbi_, &raw_key, &raw_value, 0), "write");
}

void Engine::erase(MDB_txn* txn, std::uint32_t space, tenon_bytes key) {
  if (is_long(key)) return change_bucket(txn, space, key, nullptr);
  const std::string at = record_key(space, key);
  MDB_val raw_key = val_of(abi(at));
  const int code = mdb_del(txn, dbi_, &raw_key, nullptr);
  if (code != MDB_NOTFOUND) check(code, "delete");
}

// Puts the key into its bucket, or (null) takes it out.
void Engine::change_bucket(MDB_txn* txn, std::uint32_t space, tenon_bytes key, const tenon_bytes* value) {
  const std::string at = record_key(space, key);
  MDB_val raw_key = val_of(abi(at)), raw_value{};
  std::vector<std::string> keys;
  std::vector<Row> rows;
  const int code = mdb_get(txn, dbi_, &raw_key, &raw_value);
  if (code != MDB_NOTFOUND) {
    check(code, "read");
    rows = open_bucket(bytes_of(raw_key), bytes_of(raw_value), keys);
  }
  auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return compare(r.key, key) >= 0; });
  const bool is_there = row != rows.end() && compare(row->key, key) == 0;
  if (is_there && value)
    row->value = *value;
  else if (is_there)
    rows.erase(row);
  else if (value)
    rows.insert(row, {key, *value});
  put_bucket(txn, at, rows);
}

void Engine::put_bucket(MDB_txn* txn, const std::string& record_key, const std::vector<Row>& rows) {
  MDB_val raw_key = val_of(abi(record_key));
  if (rows.empty()) {
    const int code = mdb_del(txn, dbi_, &raw_key, nullptr);
    if (code != MDB_NOTFOUND) check(code, "delete");
    return;
  }
  const std::string record = make_bucket(rows);
  MDB_val raw_value = val_of(abi(record));
  check(mdb_put(txn, dbi_, &raw_key, &raw_value, 0), "write");
}

// Records that lie in the range go at once; of the buckets at its ends a part may stay.
void Engine::erase_range(MDB_txn* txn, std::uint32_t space, tenon_bytes begin, tenon_bytes end) {
  if (end.len > 0 && compare(begin, end) >= 0) return;
  std::vector<std::pair<std::string, std::vector<std::string>>> kept;  // bucket -> its rows that stay
  const auto is_in_range = [&](tenon_bytes key) {
    return compare(key, begin) >= 0 && (end.len == 0 || compare(key, end) < 0);
  };
  const std::string first = record_key(space, begin);
  Cursor cursor(txn, dbi_);
  MDB_val raw_key = val_of(abi(first)), raw_value{};
  int code = mdb_cursor_get(cursor.get(), &raw_key, &raw_value, MDB_SET_RANGE);
  for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor.get(), &raw_key, &raw_value, MDB_NEXT)) {
    const tenon_bytes key = bytes_of(raw_key);
    if (compare({key.data, 2}, abi(space_begin(space))) != 0) break;
    if (is_bucket(key)) {
      std::vector<std::string> keys, rest;
      for (const Row& row : open_bucket(key, bytes_of(raw_value), keys))
        if (!is_in_range(row.key)) append_row(rest.emplace_back(), row.key, row.value);
      if (rest.size() == keys.size()) continue;
      if (!rest.empty()) kept.emplace_back(sdk::text_of(key), std::move(rest));
    } else if (!is_in_range({key.data + 2, key.len - 2})) {
      break;
    }
    check(mdb_cursor_del(cursor.get(), 0), "delete");
  }
  if (code != MDB_NOTFOUND) check(code, "delete");
  for (const auto& [bucket, rest] : kept) {
    std::vector<Row> rows;
    for (const std::string& row : rest) parse_rows(abi(row), rows);
    put_bucket(txn, bucket, rows);
  }
}

bool Engine::find(MDB_txn* txn, std::uint32_t space, tenon_bytes key, std::string& ret_value) const {
  const std::string at = record_key(space, key);
  MDB_val raw_key = val_of(abi(at)), raw_value{};
  const int code = mdb_get(txn, dbi_, &raw_key, &raw_value);
  if (code == MDB_NOTFOUND) return false;
  check(code, "read");
  if (!is_long(key)) return ret_value = sdk::text_of(open_value(abi(at), bytes_of(raw_value))), true;
  std::vector<std::string> keys;
  for (const Row& row : open_bucket(abi(at), bytes_of(raw_value), keys))
    if (compare(row.key, key) == 0) return ret_value = sdk::text_of(row.value), true;
  return false;
}

tenon_status Engine::get(const Snapshot* snapshot, std::uint32_t space, tenon_bytes key,
                         tenon_bytes* ret_value) {
  check_space(space);
  ++read_count_;
  bool is_found = false;
  if (snapshot)
    is_found = find(snapshot->view->get(), space, key, value_);
  else if (waiting_)
    writer_.run([&] { is_found = find(waiting_.get(), space, key, value_); });
  else
    is_found = find(Txn(env_.get(), nullptr, MDB_RDONLY).get(), space, key, value_);
  if (!is_found) return TENON_E_NOT_FOUND;
  *ret_value = abi(value_);
  return TENON_OK;
}

// LMDB shows a view nothing but what was committed.
View Engine::view_of(const Snapshot* snapshot) {
  if (snapshot) return snapshot->view;
  if (!latched_) commit();
  return std::make_shared<const Txn>(env_.get(), nullptr, MDB_RDONLY);
}

std::unique_ptr<Engine::Snapshot> Engine::snapshot() {
  return std::make_unique<Snapshot>(Snapshot{view_of(nullptr)});
}

std::unique_ptr<RangeCursor> Engine::cursor(const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
                                            tenon_bytes end, bool reverse) {
  check_space(space);
  ++read_count_;
  return std::make_unique<RangeCursor>(view_of(snapshot), dbi_, space, begin, end, reverse);
}

std::unique_ptr<Engine::Iterator> Engine::iterate(const Snapshot* snapshot, std::uint32_t space,
                                                  tenon_bytes begin, tenon_bytes end, std::uint32_t flags) {
  if ((flags & ~TENON_ITER_REVERSE) != 0) refuse("there are no iterator flags " + std::to_string(flags));
  return std::make_unique<Iterator>(cursor(snapshot, space, begin, end, (flags & TENON_ITER_REVERSE) != 0));
}

tenon_status Engine::Iterator::next(std::uint64_t count_max, std::uint64_t bytes_max, tenon_page* ret_page) {
  items_.clear();
  copies_.clear();
  std::uint64_t bytes = 0;
  while (cursor_->is_on_row() && (items_.empty() || (items_.size() < count_max && bytes < bytes_max))) {
    Row row = cursor_->row();
    if (!cursor_->is_in_map()) row.key = abi(copies_.emplace_back(sdk::text_of(row.key)));
    items_.push_back({row.key, row.value});
    bytes += row.key.len + row.value.len;
    cursor_->advance();
  }
  *ret_page = {items_.data(), items_.size()};
  return items_.empty() ? TENON_END : TENON_OK;
}

std::unique_ptr<Engine::Export> Engine::export_range(const Snapshot* snapshot, std::uint32_t space,
                                                     tenon_bytes begin, tenon_bytes end) {
  return std::make_unique<Export>(cursor(snapshot, space, begin, end, false));
}

tenon_status Engine::Export::next(std::uint64_t bytes_max, tenon_bytes* ret_chunk) {
  chunk_.clear();
  while (cursor_->is_on_row()) {
    const Row& row = cursor_->row();
    if (!chunk_.empty() && chunk_.size() + 8 + row.key.len + row.value.len > bytes_max) break;
    append_row(chunk_, row.key, row.value);
    cursor_->advance();
  }
  *ret_chunk = abi(chunk_);
  return chunk_.empty() ? TENON_END : TENON_OK;
}

void Engine::import_chunk(std::uint32_t space, tenon_bytes chunk) {
  std::vector<Row> rows;
  if (!parse_rows(chunk, rows))
    throw sdk::Failure(TENON_E_CORRUPT, "an import chunk ends within a row; export it again");
  std::vector<tenon_write> puts;
  for (const Row& row : rows) puts.push_back({TENON_WRITE_PUT, space, row.key, row.value});
  const tenon_write_batch batch{puts.data(), puts.size()};
  (void)write_v({&batch, 1}, TENON_DURABLE_MEM);
}

// Copied beside the place, and renamed when it is whole and durable.
void Engine::checkpoint(const char* path) {
  refuse_if_latched();
  commit();
  StagedDirectory staged(path);
  check(mdb_env_copy2(env_.get(), staged.dir().c_str(), MDB_CP_COMPACT), "copy to " + staged.dir());
  sync_file(staged.dir() + "/data.mdb");
  staged.publish();
}

void Engine::verify() {
  const View view = view_of(nullptr);
  Cursor cursor(view->get(), dbi_);
  MDB_stat stat{};
  check(mdb_stat(view->get(), dbi_, &stat), "verify");
  MDB_val raw_key{}, raw_value{};
  std::string before;
  std::size_t count = 0;
  int code = mdb_cursor_get(cursor.get(), &raw_key, &raw_value, MDB_FIRST);
  for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor.get(), &raw_key, &raw_value, MDB_NEXT), ++count) {
    const tenon_bytes key = bytes_of(raw_key), record = bytes_of(raw_value);
    if (count > 0 && compare(abi(before), key) >= 0)
      throw sdk::Failure(TENON_E_CORRUPT, dir_ + "/data.mdb: keys are out of order");
    before = sdk::text_of(key);
    if (before == format_key) continue;
    std::vector<std::string> keys;
    if (is_bucket(key))
      (void)open_bucket(key, record, keys);
    else
      (void)open_value(key, record);
  }
  if (code != MDB_NOTFOUND) check(code, "verify");
  if (count != stat.ms_entries) throw sdk::Failure(TENON_E_CORRUPT, dir_ + "/data.mdb: keys are missing");
}

void Engine::stats(tenon_storage_stats* ret_stats) const {
  struct stat file {};
  if (::stat((dir_ + "/data.mdb").c_str(), &file) == 0)
    ret_stats->disk_bytes = static_cast<std::uint64_t>(file.st_blocks) * 512;
  ret_stats->latched = latched_ ? 1 : 0;
  ret_stats->batch_count = batch_count_;
  ret_stats->write_count = write_count_;
  ret_stats->sync_count = sync_count_;
  ret_stats->read_count = read_count_;
}

}  // namespace acme
