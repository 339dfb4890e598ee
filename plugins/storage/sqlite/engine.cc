#include "sqlite/engine.h"

#include <utility>

#include "common/limits.h"
#include "common/rows.h"
#include "common/staged_dir.h"
#include "shared/disk_check.h"
#include "sqlite/database_file.h"
#include "sqlite/wal_scan.h"

namespace tenon::storage_sqlite {
namespace {

using sdk::Failure;

constexpr auto relaxed = std::memory_order_relaxed;

// A page holds at least eight rows of this size; larger values have a table of their own.
std::uint64_t inline_bytes_max(std::uint32_t page_bytes) {
  return page_bytes / 8;
}

bool is_there(const sdk::Disk& disk, const std::string& path) {
  sdk::DiskFile file;
  const tenon_status status = disk.open(path, TENON_FILE_READ, &file);
  if (status != TENON_E_NOT_FOUND) shared::check_disk(status, "opening", path);
  return status == TENON_OK;
}

}  // namespace

Engine::Engine(Setup setup)
    : disk_(std::move(setup.disk)),
      health_(std::move(setup.health)),
      path_(setup.dir + "/" + database_file_name),
      options_(setup.options),
      next_copy_at_bytes_(setup.options.wal_bytes_max),
      vfs_(disk_, path_) {
  try {
    translated([&] { open(); });
  } catch (...) {
    vfs_.gate().latch("opening failed");  // what is damaged stays as it is
    throw;
  }
}

Engine::~Engine() {
  if (!connection_) return;
  views_.reset();
  if (vfs_.gate().is_latched()) connection_->keep_wal_on_close();
  begin_ = Statement();
  commit_ = Statement();
  writer_.reset();
  reader_.reset();
  connection_.reset();
}

void Engine::open() {
  remove_unfinished(disk_, path_);
  if (!is_there(disk_, path_)) {
    if (is_there(disk_, path_ + "-wal"))
      throw Failure(TENON_E_CORRUPT, path_ + " is missing, but its log " + path_ +
                                         "-wal is there; restore both, or move the log away to begin empty");
    create_database(disk_, vfs_, path_, options_.page_bytes);
  }
  page_bytes_ = inspect_database(disk_, path_);
  write_wal_again(disk_, path_ + "-wal");
  connection_.emplace(Connection::Setup{path_, vfs_.name(), false, options_.cache_bytes});
  const std::string settings =
      "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=" +
      std::to_string(options_.wal_bytes_max);
  connection_->run(settings.c_str());
  writer_.emplace(*connection_, inline_bytes_max(page_bytes_));
  reader_.emplace(*connection_);
  begin_ = connection_->prepare("BEGIN IMMEDIATE");
  commit_ = connection_->prepare("COMMIT");
  views_.emplace(reading_setup());
  copy_wal();
  refuse_if_latched();
  note_state();
}

Connection::Setup Engine::reading_setup() const {
  return {path_, vfs_.name(), false, options_.cache_bytes / 4};
}

// -- writing

void Engine::refuse_if_latched() const {
  if (vfs_.gate().is_latched()) throw Failure(TENON_E_IO_FATAL, vfs_.gate().reason(), 0, TENON_ERROR_FATAL);
}

tenon_status Engine::write_v(std::span<const tenon_write_batch> batches, std::uint32_t durability) {
  storage::check_batches(batches, durability);
  refuse_if_latched();
  make_room_in_wal();
  transact(durability, batches);
  std::uint64_t write_count = 0;
  for (const tenon_write_batch& batch : batches) write_count += batch.count;
  batch_count_.fetch_add(batches.size(), relaxed);
  write_count_.fetch_add(write_count, relaxed);
  note_state();
  return TENON_OK;
}

void Engine::transact(std::uint32_t durability, std::span<const tenon_write_batch> batches) {
  reader_->release();
  vfs_.set_commits_deferred(durability != TENON_DURABLE_DISK);
  try {
    translated([&] {
      begin_.run();
      for (const tenon_write_batch& batch : batches)
        for (const tenon_write& write : std::span(batch.writes, batch.count)) writer_->apply(write);
      commit_.run();
    });
  } catch (...) {
    vfs_.set_commits_deferred(false);
    roll_back();
    throw;
  }
  vfs_.set_commits_deferred(false);
  commit_count_.fetch_add(1, relaxed);
  // The transaction may have changed nothing and synced nothing, and earlier ones may be waiting.
  if (durability == TENON_DURABLE_DISK) make_durable();
}

// Afterwards nothing of the transaction is there, nor can come back after a crash: or the engine has latched.
// No space means that the host did not write the last byte it was given, so the frame that would commit is
// not whole and its checksum is wrong; cutting the frames off makes sure of it.
void Engine::roll_back() noexcept {
  try {
    if (connection_->in_transaction()) connection_->run("ROLLBACK");
    if (vfs_.gate().is_full()) {
      vfs_.gate().clear_full();
      if (vfs_.drop_uncommitted_frames(page_bytes_) != SQLITE_OK)
        vfs_.gate().latch("cutting off an unfinished transaction failed");
    }
  } catch (...) {
    vfs_.gate().latch("rolling back a transaction of " + path_ + " failed");
  }
  note_state();
}

void Engine::sync() {
  refuse_if_latched();
  make_durable();
  note_state();
}

void Engine::make_durable() {
  if (vfs_.sync_wal() == SQLITE_OK) return;
  vfs_.gate().latch("syncing " + path_ + "-wal failed");
  note_state();
  refuse_if_latched();
}

// Before a transaction, so that what fails here is known before anything of it is written.
void Engine::make_room_in_wal() {
  const std::uint64_t bytes = wal_bytes(vfs_.wal_frame_count(), page_bytes_);
  if (bytes < last_wal_bytes_) next_copy_at_bytes_ = options_.wal_bytes_max;  // it has begun anew
  last_wal_bytes_ = bytes;
  if (bytes < next_copy_at_bytes_) return;
  if (bytes >= options_.snapshot_wal_bytes_max) views_->expire_all();
  translated([&] { copy_wal(); });
  refuse_if_latched();
  next_copy_at_bytes_ = bytes + options_.wal_bytes_max / 4;
}

// A log that can't be copied for want of space in the database stays as it is, and is valid.
void Engine::copy_wal() {
  try {
    connection_->checkpoint();
  } catch (const SqlError&) {
    if (!vfs_.gate().is_full()) throw;
    vfs_.gate().clear_full();
  }
}

// -- reading

tenon_status Engine::get(const Snapshot* snapshot, std::uint32_t space, tenon_bytes key,
                         tenon_bytes* ret_value) {
  storage::check_space(space);
  read_count_.fetch_add(1, relaxed);
  if (snapshot != nullptr && snapshot->view->is_expired()) return TENON_E_SNAPSHOT_GONE;
  TableReader& reader = snapshot ? snapshot->view->connection().reader : *reader_;
  if (!translated([&] { return reader.find(space, key, value_); })) return TENON_E_NOT_FOUND;
  *ret_value = {value_.data(), value_.size()};
  return TENON_OK;
}

std::shared_ptr<ReadView> Engine::view(const Snapshot* snapshot) {
  read_count_.fetch_add(1, relaxed);
  return snapshot ? snapshot->view : views_->at(commit_count_.load(relaxed));
}

std::unique_ptr<Engine::Snapshot> Engine::snapshot() {
  return translated([&] { return std::make_unique<Snapshot>(Snapshot{view(nullptr)}); });
}

std::unique_ptr<Engine::Iterator> Engine::iterate(const Snapshot* snapshot, std::uint32_t space,
                                                  tenon_bytes begin, tenon_bytes end, std::uint32_t flags) {
  storage::check_space(space);
  storage::check_iterator_flags(flags);
  const bool reverse = (flags & TENON_ITER_REVERSE) != 0;
  return translated(
      [&] { return std::make_unique<Iterator>(*this, view(snapshot), space, begin, end, reverse); });
}

std::unique_ptr<Engine::Export> Engine::export_range(const Snapshot* snapshot, std::uint32_t space,
                                                     tenon_bytes begin, tenon_bytes end) {
  storage::check_space(space);
  return translated([&] { return std::make_unique<Export>(*this, view(snapshot), space, begin, end); });
}

tenon_status Engine::Iterator::next(std::uint64_t count_max, std::uint64_t bytes_max, tenon_page* ret_page) {
  page_.clear();
  engine_.translated([&] {
    for (; cursor_.is_on_row(); cursor_.advance()) {
      if (page_.count() > 0 && page_.count() >= count_max) return;
      const tenon_bytes key = cursor_.key();
      const tenon_bytes value = cursor_.value();
      if (page_.count() > 0 && page_.bytes() + key.len + value.len > bytes_max) return;
      page_.add(key, value);
    }
  });
  if (page_.count() == 0) return TENON_END;
  *ret_page = page_.view();
  return TENON_OK;
}

tenon_status Engine::Export::next(std::uint64_t bytes_max, tenon_bytes* ret_chunk) {
  chunk_.clear();
  engine_.translated([&] {
    for (; cursor_.is_on_row(); cursor_.advance()) {
      const tenon_bytes key = cursor_.key();
      const tenon_bytes value = cursor_.value();
      if (!chunk_.empty() && chunk_.size() + storage::row_bytes(key.len, value.len) > bytes_max) return;
      storage::append_row(chunk_, key, value);
    }
  });
  if (chunk_.empty()) return TENON_END;
  *ret_chunk = {chunk_.data(), chunk_.size()};
  return TENON_OK;
}

// -- the whole

void Engine::import_chunk(std::uint32_t space, tenon_bytes chunk) {
  const auto puts = storage::rows_as_puts(space, chunk);
  const tenon_write_batch batch{puts.data(), puts.size()};
  write_v({&batch, 1}, TENON_DURABLE_PROC);
}

void Engine::checkpoint(const char* path) {
  storage::StagedDir staged(disk_, path);
  translated([&] {
    copy_database(disk_, vfs_, path_, staged.dir() + "/" + database_file_name, options_.cache_bytes / 4);
  });
  staged.publish();
}

void Engine::verify() {
  translated([&] { verify_rows(); });
  scan_wal(disk_, path_ + "-wal", vfs_.wal_frame_count(), page_bytes_);
}

// On a connection of its own, whose cache is empty: every page comes from the file and is checked.
void Engine::verify_rows() {
  Connection connection(reading_setup());
  connection.keep_wal_on_close();
  const std::string found = connection.text("PRAGMA integrity_check(1)");
  if (found != "ok") throw SqlError(SQLITE_CORRUPT, found);
  const bool is_odd =
      connection.integer("SELECT count(*) FROM kv WHERE length(k)<2 OR (v IS NULL)=(r IS NULL)") != 0;
  if (is_odd) throw SqlError(SQLITE_CORRUPT, "there are rows that no engine writes");
  const bool is_missing =
      connection.integer(
          "SELECT count(*) FROM kv LEFT JOIN large ON id=r WHERE r IS NOT NULL AND id IS NULL") != 0;
  const bool is_unused = connection.integer("SELECT count(*) FROM large") !=
                         connection.integer("SELECT count(DISTINCT r) FROM kv WHERE r IS NOT NULL");
  if (is_missing || is_unused) throw SqlError(SQLITE_CORRUPT, "keys and large values do not match");
}

sdk::Failure Engine::failure_of(const SqlError& error) const {
  const WriteGate& gate = vfs_.gate();
  const std::string text = error.what();
  const bool is_damage = error.code() == SQLITE_IOERR_DATA || error.primary_code() == SQLITE_CORRUPT ||
                         error.primary_code() == SQLITE_NOTADB;
  if (is_damage) {
    const std::string where = gate.damage().empty() ? "" : "the checksum of " + gate.damage() + " is wrong; ";
    return {TENON_E_CORRUPT, path_ + " is damaged: " + where + text + "; restore it from a copy"};
  }
  if (gate.is_latched()) return {TENON_E_IO_FATAL, gate.reason(), 0, TENON_ERROR_FATAL};
  switch (error.primary_code()) {
    case SQLITE_FULL:
      return {TENON_E_NOSPACE, "no space left for " + path_ + "; free some", 0, TENON_ERROR_RETRYABLE};
    case SQLITE_NOMEM:
      return {TENON_E_NOMEM, "out of memory"};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return {TENON_E_IO, path_ + ": " + text + "; check the disk"};
    default:
      return {TENON_E_INTERNAL, path_ + ": " + text + " (" + std::to_string(error.code()) + ")"};
  }
}

void Engine::note_state() {
  memory_bytes_.store(connection_ ? connection_->cache_used_bytes() : 0, relaxed);
  if (vfs_.gate().is_latched()) health_.failed(vfs_.gate().reason());
}

void Engine::stats(tenon_storage_stats* ret_stats) const {
  ret_stats->latched = vfs_.gate().is_latched() ? 1 : 0;
  ret_stats->disk_bytes = static_cast<std::uint64_t>(vfs_.stats().disk_bytes.load(relaxed));
  ret_stats->memory_bytes = memory_bytes_.load(relaxed);
  ret_stats->batch_count = batch_count_.load(relaxed);
  ret_stats->write_count = write_count_.load(relaxed);
  ret_stats->sync_count = vfs_.stats().sync_count.load(relaxed);
  ret_stats->read_count = read_count_.load(relaxed);
}

}  // namespace tenon::storage_sqlite
