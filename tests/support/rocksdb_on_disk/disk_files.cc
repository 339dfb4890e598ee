#include "support/rocksdb_on_disk/disk_files.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace tenon::test {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus to_rocksdb(tenon_status status, const std::string& path) {
  switch (status) {
    case TENON_OK:
      return IOStatus::OK();
    case TENON_E_NOT_FOUND:
      return IOStatus::PathNotFound(path);
    case TENON_E_NOSPACE:
      return IOStatus::NoSpace(path);
    default:
      return IOStatus::IOError(path, "status " + std::to_string(status));
  }
}

// What RocksDB's own file system does without opening a file: want of descriptors is nothing to it.
template <class Call>
tenon_status without_descriptor(Call&& call) {
  tenon_status status = call();
  while (status == TENON_E_BUSY) status = call();
  return status;
}

// RocksDB likes to end the name of a directory with a slash.
std::string trimmed(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::span<std::uint8_t> span_of(char* scratch, std::size_t len) {
  return {reinterpret_cast<std::uint8_t*>(scratch), len};
}

// One open file; each kind of file of RocksDB is a view of it.
struct OpenFile {
  std::shared_ptr<const sdk::Disk> disk;
  sdk::DiskFile file;
  std::string path;

  IOStatus read(std::uint64_t offset, std::size_t len, Slice* ret_data, char* scratch) const {
    std::uint64_t got = 0;
    const tenon_status status = file.pread(offset, span_of(scratch, len), &got);
    *ret_data = Slice(scratch, status == TENON_OK ? got : 0);
    return to_rocksdb(status, path);
  }
};

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  explicit SequentialFile(OpenFile file) : file_(std::move(file)) {}
  IOStatus Read(std::size_t len, const IOOptions&, Slice* ret_data, char* scratch, IODebugContext*) override {
    IOStatus status = file_.read(offset_, len, ret_data, scratch);
    offset_ += ret_data->size();
    return status;
  }
  IOStatus Skip(std::uint64_t len) override {
    offset_ += len;
    return IOStatus::OK();
  }

 private:
  const OpenFile file_;
  std::uint64_t offset_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  explicit RandomAccessFile(OpenFile file) : file_(std::move(file)) {}
  IOStatus Read(std::uint64_t offset, std::size_t len, const IOOptions&, Slice* ret_data, char* scratch,
                IODebugContext*) const override {
    return file_.read(offset, len, ret_data, scratch);
  }

 private:
  const OpenFile file_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  explicit WritableFile(OpenFile file) : file_(std::move(file)) {}
  using FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(data.data());
    const tenon_status status = file_.file.pwrite(bytes_, {bytes, data.size()});
    if (status == TENON_OK) bytes_ += data.size();
    return to_rocksdb(status, file_.path);
  }
  IOStatus Truncate(std::uint64_t len, const IOOptions&, IODebugContext*) override {
    const tenon_status status = file_.file.truncate(len);
    if (status == TENON_OK) bytes_ = len;
    return to_rocksdb(status, file_.path);
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return to_rocksdb(file_.file.fdatasync(), file_.path);
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override {
    file_.file.close();
    return IOStatus::OK();
  }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return bytes_; }

 private:
  OpenFile file_;
  std::uint64_t bytes_ = 0;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(std::shared_ptr<const sdk::Disk> disk, std::string path)
      : disk_(std::move(disk)), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return to_rocksdb(without_descriptor([&] { return disk_->sync_dir(path_); }), path_);
  }

 private:
  const std::shared_ptr<const sdk::Disk> disk_;
  const std::string path_;
};

struct NoLock final : rocksdb::FileLock {};

class DiskFiles final : public rocksdb::FileSystem {
 public:
  explicit DiskFiles(const tenon_host* host) : disk_(std::make_shared<const sdk::Disk>(host)) {}

  const char* Name() const override { return "tenon.test.DiskFiles"; }
  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* ret_file, IODebugContext*) override {
    return open<SequentialFile>(path, TENON_FILE_READ, ret_file);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* ret_file,
                               IODebugContext*) override {
    return open<RandomAccessFile>(path, TENON_FILE_READ, ret_file);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* ret_file, IODebugContext*) override {
    if (is_listed(path))
      if (const tenon_status removed = disk_->remove(path); removed != TENON_OK)
        return to_rocksdb(removed, path);
    return open<WritableFile>(path, TENON_FILE_READ | TENON_FILE_WRITE | TENON_FILE_CREATE, ret_file);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* ret_dir, IODebugContext*) override {
    *ret_dir = std::make_unique<Directory>(disk_, trimmed(path));
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    return exists(path) || is_dir(path) ? IOStatus::OK() : IOStatus::NotFound(path);
  }
  IOStatus GetChildren(const std::string& dir, const IOOptions&, std::vector<std::string>* ret_names,
                       IODebugContext*) override {
    ret_names->clear();
    return to_rocksdb(
        disk_->list(trimmed(dir), [&](std::string_view name, bool) { ret_names->emplace_back(name); }), dir);
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    return to_rocksdb(disk_->remove(path), path);
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return to_rocksdb(disk_->remove(trimmed(path)), path);
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return to_rocksdb(disk_->make_dir(trimmed(path)), path);
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    const tenon_status status = disk_->make_dir(trimmed(path));
    return to_rocksdb(status == TENON_E_EXISTS ? TENON_OK : status, path);
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* ret_bytes,
                       IODebugContext*) override {
    sdk::DiskFile file;
    tenon_status status = open_to_look(path, file);
    if (status == TENON_OK) status = file.size(ret_bytes);
    return to_rocksdb(status, path);
  }
  IOStatus GetFileModificationTime(const std::string&, const IOOptions&, std::uint64_t* ret_time,
                                   IODebugContext*) override {
    *ret_time = 0;
    return IOStatus::OK();
  }
  // Over what is there already, as RocksDB expects.
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    return to_rocksdb(disk_->rename(from, to), from);
  }
  IOStatus LockFile(const std::string&, const IOOptions&, rocksdb::FileLock** ret_lock,
                    IODebugContext*) override {
    *ret_lock = new NoLock;
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    delete static_cast<NoLock*>(lock);
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string*, IODebugContext*) override {
    return IOStatus::NotSupported();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* ret_path,
                           IODebugContext*) override {
    *ret_path = path;
    return IOStatus::OK();
  }
  IOStatus GetFreeSpace(const std::string& path, const IOOptions&, std::uint64_t* ret_bytes,
                        IODebugContext*) override {
    return to_rocksdb(disk_->space(path, ret_bytes), path);
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* ret_is_dir,
                       IODebugContext*) override {
    *ret_is_dir = is_dir(path);
    return IOStatus::OK();
  }

 private:
  tenon_status open_to_look(const std::string& path, sdk::DiskFile& file) const {
    return without_descriptor([&] { return disk_->open(path, TENON_FILE_READ, &file); });
  }
  bool exists(const std::string& path) const {
    sdk::DiskFile file;
    return open_to_look(path, file) == TENON_OK;
  }
  // Without opening it: want of descriptors is then met by what opens the file.
  bool is_listed(const std::string& path) const {
    const std::size_t slash = path.rfind('/');
    bool found = false;
    const tenon_status listed = disk_->list(path.substr(0, slash), [&](std::string_view name, bool) {
      found = found || name == std::string_view(path).substr(slash + 1);
    });
    return listed == TENON_OK && found;
  }
  bool is_dir(const std::string& path) const {
    return disk_->list(trimmed(path), [](std::string_view, bool) {}) == TENON_OK;
  }
  template <class File, class Base>
  IOStatus open(const std::string& path, std::uint32_t flags, std::unique_ptr<Base>* ret_file) const {
    OpenFile opened{disk_, {}, path};
    const tenon_status status = disk_->open(path, flags, &opened.file);
    if (status == TENON_E_BUSY) errno = EMFILE;  // as RocksDB's own file system leaves it
    if (status == TENON_OK) *ret_file = std::make_unique<File>(std::move(opened));
    return to_rocksdb(status, path);
  }

  const std::shared_ptr<const sdk::Disk> disk_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> make_disk_files(const tenon_host* host) {
  return std::make_shared<DiskFiles>(host);
}

}  // namespace tenon::test
