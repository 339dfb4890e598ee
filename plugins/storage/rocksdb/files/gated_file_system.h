#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <mutex>
#include <string>

#include "rocksdb/files/write_gate.h"

namespace tenon::storage_rocksdb {

inline constexpr const char* no_descriptor = "no file descriptor is left";

// The file system as RocksDB sees it. Changes of files in the engine's directory go through its gate:
//   - a write or a sync that fails latches it, and nothing is changed any more. RocksDB by itself would go on
//     with a new file, which hides what the device has lost;
//   - a log that meets a full device is cut back to what it held, and takes nothing any more: the batch that
//     did not fit can't come back. RocksDB begins another log before it goes on;
//   - a log is synced before the next one is begun, so that a loss of power costs the newest writes only;
//   - a log that can't be begun latches it: RocksDB does not bear to try again;
//   - a table that can't be opened for want of descriptors answers NoSpace with the text no_descriptor, as
//     nothing was written: RocksDB goes on after that;
//   - files of options are not made: options come from the configuration.
// Other directories are passed through. Any thread, as file systems of RocksDB are.
class GatedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  GatedFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target, const std::string& dir)
      : FileSystemWrapper(target), prefix_(dir + "/") {}

  const char* Name() const override { return "tenon.GatedFileSystem"; }
  // Whoever reads the file from its front sees only so many bytes of it. Before the database is opened.
  void show_only(const std::string& path, std::uint64_t bytes) {
    cut_path_ = path;
    cut_bytes_ = bytes;
  }

  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* ret_file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* ret_file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* ret_file,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* ret_dir,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override;

  WriteGate& gate() { return gate_; }

 private:
  bool is_ours(const std::string& path) const { return path.compare(0, prefix_.size(), prefix_) == 0; }

  class LogFile;
  rocksdb::IOStatus begin_log(const std::string& path, const rocksdb::FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* ret_file,
                              rocksdb::IODebugContext* debug);

  const std::string prefix_;
  std::string cut_path_;
  std::uint64_t cut_bytes_ = 0;
  WriteGate gate_;
  std::mutex log_mutex_;
  LogFile* log_ = nullptr;  // log_mutex_; the newest one, while it is open
};

}  // namespace tenon::storage_rocksdb
