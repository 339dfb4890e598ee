#include "rocksdb/files/gated_file_system.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

namespace tenon::storage_rocksdb {
namespace {

using rocksdb::DataVerificationInfo;
using rocksdb::DirFsyncOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus refusal(const WriteGate& gate) {
  return IOStatus::IOError("nothing is written any more: " + gate.reason());
}

IOStatus latching(WriteGate& gate, IOStatus status, const char* what, const std::string& path) {
  if (!status.ok()) gate.latch(std::string(what) + " " + path + " failed: " + status.ToString());
  return status;
}

// RocksDB goes on after a full device, and after no other failure of opening a table.
template <class Open>
IOStatus opening(const Open& open) {
  errno = 0;
  IOStatus status = open();
  if (status.ok() || (errno != EMFILE && errno != ENFILE)) return status;
  return IOStatus::NoSpace(std::string(no_descriptor) + ": " + status.ToString());
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// The front of a file.
class CutFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  CutFile(std::unique_ptr<rocksdb::FSSequentialFile> target, std::uint64_t bytes)
      : FSSequentialFileOwnerWrapper(std::move(target)), left_bytes_(bytes) {}

  IOStatus Read(std::size_t len, const IOOptions& options, Slice* ret_data, char* scratch,
                IODebugContext* debug) override {
    IOStatus status =
        target()->Read(std::min<std::uint64_t>(len, left_bytes_), options, ret_data, scratch, debug);
    if (status.ok()) left_bytes_ -= ret_data->size();
    return status;
  }
  IOStatus Skip(std::uint64_t len) override {
    len = std::min(len, left_bytes_);
    left_bytes_ -= len;
    return target()->Skip(len);
  }

 private:
  std::uint64_t left_bytes_;
};

class GatedFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  GatedFile(std::unique_ptr<rocksdb::FSWritableFile> target, std::string path, WriteGate& gate)
      : FSWritableFileOwnerWrapper(std::move(target)), path_(std::move(path)), gate_(gate) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return append(data, [&] { return target()->Append(data, options, debug); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const DataVerificationInfo& info,
                  IODebugContext* debug) override {
    return append(data, [&] { return target()->Append(data, options, info, debug); });
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return sync([&] { return target()->Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return sync([&] { return target()->Fsync(options, debug); });
  }
  IOStatus RangeSync(std::uint64_t offset, std::uint64_t bytes, const IOOptions& options,
                     IODebugContext* debug) override {
    return sync([&] { return target()->RangeSync(offset, bytes, options, debug); });
  }
  IOStatus Truncate(std::uint64_t bytes, const IOOptions& options, IODebugContext* debug) override {
    if (gate_.is_latched()) return refusal(gate_);
    return latching(gate_, target()->Truncate(bytes, options, debug), "cutting", path_);
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = target()->Close(options, debug);
    if (gate_.is_latched()) return status;
    return latching(gate_, std::move(status), "closing", path_);
  }

 private:
  template <class Call>
  IOStatus append(const Slice& data, Call&& call) {
    if (gate_.is_latched()) return refusal(gate_);
    if (is_given_up_) return IOStatus::OK();
    is_synced_ = false;
    IOStatus status = call();
    if (status.ok()) {
      bytes_ += data.size();
      gate_.count_bytes(static_cast<std::int64_t>(data.size()));
    } else if (status.IsNoSpace()) {
      on_full(bytes_);
    } else {
      latching(gate_, status, "writing", path_);
    }
    return status;
  }
  template <class Call>
  IOStatus sync(Call&& call) {
    if (gate_.is_latched()) return refusal(gate_);
    gate_.count_sync();
    is_synced_ = true;
    return latching(gate_, call(), "syncing", path_);
  }

 protected:
  // The device is full; the file held so many bytes before.
  virtual void on_full(std::uint64_t) {}
  // What is written from now on is dropped.
  void give_up() { is_given_up_ = true; }
  bool is_synced() const { return is_synced_; }

 private:
  const std::string path_;
  WriteGate& gate_;
  std::uint64_t bytes_ = 0;
  bool is_given_up_ = false;
  std::atomic<bool> is_synced_{true};
};

class GatedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  GatedDirectory(std::unique_ptr<rocksdb::FSDirectory> target, std::string path, WriteGate& gate)
      : FSDirectoryWrapper(std::move(target)), path_(std::move(path)), gate_(gate) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return sync([&] { return FSDirectoryWrapper::Fsync(options, debug); });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const DirFsyncOptions& why) override {
    return sync([&] { return FSDirectoryWrapper::FsyncWithDirOptions(options, debug, why); });
  }

 private:
  template <class Call>
  IOStatus sync(Call&& call) {
    if (gate_.is_latched()) return refusal(gate_);
    return latching(gate_, call(), "syncing", path_);
  }

  const std::string path_;
  WriteGate& gate_;
};

}  // namespace

class GatedFileSystem::LogFile final : public GatedFile {
 public:
  LogFile(std::unique_ptr<rocksdb::FSWritableFile> target, std::string path, GatedFileSystem& files)
      : GatedFile(std::move(target), std::move(path), files.gate_), files_(files) {
    const std::lock_guard lock(files_.log_mutex_);
    files_.log_ = this;
  }
  ~LogFile() override {
    const std::lock_guard lock(files_.log_mutex_);
    if (files_.log_ == this) files_.log_ = nullptr;
  }
  IOStatus finish() { return is_synced() ? IOStatus::OK() : Sync(IOOptions(), nullptr); }

 private:
  void on_full(std::uint64_t bytes) override {
    give_up();
    Truncate(bytes, IOOptions(), nullptr);
  }

  GatedFileSystem& files_;
};

IOStatus GatedFileSystem::begin_log(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* ret_file,
                                    IODebugContext* debug) {
  {
    const std::lock_guard lock(log_mutex_);
    const IOStatus finished = log_ ? log_->finish() : IOStatus::OK();
    if (!finished.ok()) return finished;
  }
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus status = target()->NewWritableFile(path, options, &file, debug);
  if (!status.ok()) return latching(gate_, std::move(status), "making", path);
  *ret_file = std::make_unique<LogFile>(std::move(file), path, *this);
  return status;
}

IOStatus GatedFileSystem::NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                            std::unique_ptr<rocksdb::FSSequentialFile>* ret_file,
                                            IODebugContext* debug) {
  IOStatus status = target()->NewSequentialFile(path, options, ret_file, debug);
  if (status.ok() && path == cut_path_)
    *ret_file = std::make_unique<CutFile>(std::move(*ret_file), cut_bytes_);
  return status;
}

IOStatus GatedFileSystem::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* ret_file,
                                          IODebugContext* debug) {
  if (!is_ours(path)) return target()->NewWritableFile(path, options, ret_file, debug);
  if (gate_.is_latched()) return refusal(gate_);
  if (path.find("/OPTIONS-", prefix_.size() - 1) != std::string::npos)
    return IOStatus::NotSupported("options are not kept in files");
  if (ends_with(path, ".log")) return begin_log(path, options, ret_file, debug);
  std::unique_ptr<rocksdb::FSWritableFile> file;
  const IOStatus status = opening([&] { return target()->NewWritableFile(path, options, &file, debug); });
  if (status.ok()) *ret_file = std::make_unique<GatedFile>(std::move(file), path, gate_);
  return status;
}

IOStatus GatedFileSystem::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                              std::unique_ptr<rocksdb::FSRandomAccessFile>* ret_file,
                                              IODebugContext* debug) {
  const auto open = [&] { return target()->NewRandomAccessFile(path, options, ret_file, debug); };
  return is_ours(path) ? opening(open) : open();
}

IOStatus GatedFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                       std::unique_ptr<rocksdb::FSDirectory>* ret_dir,
                                       IODebugContext* debug) {
  if (!is_ours(path + "/")) return target()->NewDirectory(path, options, ret_dir, debug);
  std::unique_ptr<rocksdb::FSDirectory> dir;
  const IOStatus status = target()->NewDirectory(path, options, &dir, debug);
  if (status.ok()) *ret_dir = std::make_unique<GatedDirectory>(std::move(dir), path, gate_);
  return status;
}

IOStatus GatedFileSystem::DeleteFile(const std::string& path, const IOOptions& options,
                                     IODebugContext* debug) {
  if (!is_ours(path)) return target()->DeleteFile(path, options, debug);
  if (gate_.is_latched()) return refusal(gate_);
  std::uint64_t bytes = 0;
  const bool is_known = target()->GetFileSize(path, options, &bytes, debug).ok();
  IOStatus status = target()->DeleteFile(path, options, debug);
  if (status.ok() && is_known) gate_.count_bytes(-static_cast<std::int64_t>(bytes));
  return status;
}

IOStatus GatedFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                     IODebugContext* debug) {
  if (!is_ours(to)) return target()->RenameFile(from, to, options, debug);
  if (gate_.is_latched()) return refusal(gate_);
  return latching(gate_, target()->RenameFile(from, to, options, debug), "renaming", from);
}

}  // namespace tenon::storage_rocksdb
