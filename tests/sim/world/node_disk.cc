#include "sim/world/node_disk.h"

#include <utility>
#include <vector>

#include "host/status_name.h"

namespace tenon::sim {
namespace {

Status status_of(tenon_status status, const std::string& path) {
  if (status == TENON_OK) return {};
  return Error{host::to_errc(status), path + ": " + host::status_name(status)};
}

std::uint32_t flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return TENON_FILE_READ;
    case OpenMode::read_write:
      return TENON_FILE_READ | TENON_FILE_WRITE;
    case OpenMode::create:
      return TENON_FILE_READ | TENON_FILE_WRITE | TENON_FILE_CREATE;
    case OpenMode::create_new:
      break;
  }
  return TENON_FILE_READ | TENON_FILE_WRITE | TENON_FILE_CREATE | TENON_FILE_EXCLUSIVE;
}

class NodeFile final : public File {
 public:
  // What a sync does instead of syncing; empty: it syncs.
  using Lie = std::function<void(std::shared_ptr<test::DiskBackendFile> file)>;
  NodeFile(std::unique_ptr<test::DiskBackendFile> file, std::string path, Lie lie)
      : file_(std::move(file)), path_(std::move(path)), lie_(std::move(lie)) {}

  Result<std::size_t> pread(std::uint64_t offset, std::span<std::uint8_t> out) override {
    std::uint64_t len = 0;
    if (Status read = status_of(file_->pread(offset, out, &len), path_); !read.ok()) return read.error();
    return static_cast<std::size_t>(len);
  }
  Status pwrite_v(std::uint64_t offset, std::span<const Bytes> spans) override {
    std::vector<tenon_bytes> bytes;
    for (const Bytes span : spans) bytes.push_back({span.data(), span.size()});
    return status_of(file_->pwrite_v(offset, bytes), path_);
  }
  Status fdatasync() override {
    if (!lie_) return status_of(file_->fdatasync(), path_);
    lie_(file_);
    return {};
  }
  Status truncate(std::uint64_t size_bytes) override { return status_of(file_->truncate(size_bytes), path_); }
  Result<std::uint64_t> size() override {
    std::uint64_t len = 0;
    if (Status read = status_of(file_->size(&len), path_); !read.ok()) return read.error();
    return len;
  }

 private:
  const std::shared_ptr<test::DiskBackendFile> file_;
  const std::string path_;
  const Lie lie_;
};

}  // namespace

Result<std::unique_ptr<File>> NodeDisk::open(const std::string& path, OpenMode mode) {
  std::unique_ptr<test::DiskBackendFile> file;
  if (Status opened = status_of(disk_.open(path, flags_of(mode), &file), path); !opened.ok())
    return opened.error();
  NodeFile::Lie lie;
  if (lies_about(path))
    lie = [this](std::shared_ptr<test::DiskBackendFile> opened) {
      if (late_by_ns_ > 0)
        events_.after(late_by_ns_, [opened = std::move(opened)] { (void)opened->fdatasync(); });
    };
  return std::unique_ptr<File>(new NodeFile(std::move(file), path, std::move(lie)));
}

Status NodeDisk::rename(const std::string& from, const std::string& to) {
  return status_of(disk_.rename(from, to), from);
}

Status NodeDisk::remove(const std::string& path) {
  return status_of(disk_.remove(path), path);
}

Status NodeDisk::make_dirs(const std::string& path) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (disk_.exists(part)) continue;
    if (Status made = status_of(disk_.make_dir(part), part); !made.ok()) return made;
  }
  return {};
}

Status NodeDisk::sync_dir(const std::string& path) {
  return lies_about(path) ? Status() : status_of(disk_.sync_dir(path), path);
}

Status NodeDisk::list(const std::string& path,
                      const std::function<void(std::string_view name, bool is_dir)>& visit) {
  const auto each = [&visit](std::string_view name, bool is_dir) -> tenon_status {
    visit(name, is_dir);
    return TENON_OK;
  };
  return status_of(disk_.list(path, each), path);
}

Result<std::uint64_t> NodeDisk::free_bytes(const std::string& path) {
  std::uint64_t bytes = 0;
  if (Status asked = status_of(disk_.space(path, &bytes), path); !asked.ok()) return asked.error();
  return bytes;
}

}  // namespace tenon::sim
