#pragma once

#include "base/disk.h"
#include "runtime/files/system_disk.h"

namespace tenon::tools {

// The machine's files, where writes and syncs fail as set_disk_faults() says.
class FailingDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override { return system_.rename(from, to); }
  Status remove(const std::string& path) override { return system_.remove(path); }
  Status make_dirs(const std::string& path) override { return system_.make_dirs(path); }
  Status sync_dir(const std::string& path) override;
  Status list(const std::string& path,
              const std::function<void(std::string_view name, bool is_dir)>& visit) override {
    return system_.list(path, visit);
  }
  Result<std::uint64_t> free_bytes(const std::string& path) override { return system_.free_bytes(path); }

 private:
  runtime::SystemDisk system_;
};

}  // namespace tenon::tools
