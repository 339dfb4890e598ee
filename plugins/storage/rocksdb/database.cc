#include "rocksdb/database.h"

#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <limits>
#include <vector>

#include "rocksdb/failures.h"
#include "rocksdb/files/damage_search.h"
#include "rocksdb/files/marker_file.h"

namespace tenon::storage_rocksdb {
namespace {

using sdk::Failure;

constexpr int write_buffers_max = 3;

rocksdb::CompressionType compression_of(const std::string& name) {
  if (name == "lz4") return rocksdb::kLZ4Compression;
  return name == "zstd" ? rocksdb::kZSTD : rocksdb::kNoCompression;
}

// Four parts, so that the indexes of tables that are in one piece fit into one of them. Two threads use it.
constexpr int cache_shard_bits = 2;

std::shared_ptr<rocksdb::TableFactory> table_factory(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // In parts of 4 KiB: those of a whole table take some hundred KiB, and one that fits into no part of the
  // cache is read, and its checksum looked at, for each get.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.checksum = rocksdb::kCRC32c;
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

// A table that is missing is looked for under the name of an older format at last, and called by that.
std::string text_of(const rocksdb::Status& status) {
  std::string text = status.ToString();
  if (const std::size_t at = text.find(".ldb"); at != std::string::npos) text.replace(at, 4, ".sst");
  return text;
}

}  // namespace

Database::Database(const Setup& setup)
    : dir_(setup.dir),
      files_(std::make_shared<GatedFileSystem>(setup.files, setup.dir)),
      env_(files_, setup.options.compaction_threads),
      cache_(rocksdb::NewLRUCache(setup.options.cache_bytes, cache_shard_bits)),
      events_(std::make_shared<Events>()) {
  claim_directory(env_, dir_);
  const ManifestEnd manifest = look_at_manifest(env_, dir_);
  if (manifest.state == ManifestEnd::State::damaged)
    throw Failure(
        TENON_E_CORRUPT,
        manifest.path + " is damaged: the length of a record is wrong; restore the directory from a copy");
  if (manifest.state == ManifestEnd::State::torn) files_->show_only(manifest.path, manifest.sound_bytes);
  count_files();
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(settings(setup.options, setup.log), dir_, &opened);
  if (!status.ok()) throw open_failure(status);
  db_.reset(opened);
}

// A file that the others refer to and that is not there is damage; RocksDB calls it an error of the device.
Failure Database::open_failure(const rocksdb::Status& status) {
  const bool is_damage = status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() ||
                         status.IsInvalidArgument() || status.IsNotSupported();
  if (!is_damage) {
    const Failure failure = failure_of(status, gate(), dir_);
    return failure.status() == TENON_E_IO_FATAL ? Failure(TENON_E_IO, gate().reason()) : failure;
  }
  const std::string table = find_damaged_table(env_, dir_);
  return {TENON_E_CORRUPT, dir_ + " is damaged: " + text_of(status) + (table.empty() ? "" : "; " + table) +
                               "; restore the directory from a copy"};
}

rocksdb::Options Database::settings(const Options& options, const sdk::Log& log) {
  rocksdb::Options all;
  all.env = &env_;
  all.create_if_missing = true;
  all.info_log = std::make_shared<LogBridge>(log);
  all.listeners = {events_};
  all.write_buffer_size = options.write_buffer_bytes;
  all.max_write_buffer_number = write_buffers_max;
  all.max_open_files = static_cast<int>(options.open_files_max);
  all.table_factory = table_factory(cache_);
  all.compression = compression_of(options.compression);
  all.max_background_flushes = 1;
  all.max_background_compactions = static_cast<int>(options.compaction_threads);
  // Merging that lags slows writers down, but never stops the store's thread.
  all.level0_stop_writes_trigger = std::numeric_limits<int>::max();
  all.hard_pending_compaction_bytes_limit = 0;
  // After an error the engine decides when to go on.
  all.max_bgerror_resume_count = 0;
  all.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  // Its memory is flushed before, by the engine; after an error nothing must be.
  all.avoid_flush_during_shutdown = true;
  all.max_manifest_file_size = 16 * 1024 * 1024;  // it is read whole when the engine is opened
  all.stats_dump_period_sec = 0;
  all.stats_persist_period_sec = 0;
  return all;
}

void Database::count_files() {
  std::vector<rocksdb::Env::FileAttributes> files;
  if (!env_.GetChildrenFileAttributes(dir_, &files).ok()) return;
  for (const auto& file : files) gate().count_bytes(static_cast<std::int64_t>(file.size_bytes));
}

std::uint64_t Database::memory_bytes() const {
  std::uint64_t buffers = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kSizeAllMemTables, &buffers);
  std::uint64_t readers = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kEstimateTableReadersMem, &readers);
  return buffers + readers + cache_->GetUsage();
}

std::uint64_t Database::free_bytes() {
  std::uint64_t bytes = 0;
  const rocksdb::Status status = env_.GetFreeSpace(dir_, &bytes);
  return status.ok() ? bytes : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace tenon::storage_rocksdb
