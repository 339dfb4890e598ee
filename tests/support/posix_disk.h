#pragma once

#include "support/disk_backend.h"

namespace tenon::test {

// The file system of the machine. Any thread.
class PosixDisk final : public DiskBackend {
 public:
  tenon_status open(const std::string& path, std::uint32_t flags,
                    std::unique_ptr<DiskBackendFile>* ret_file) override;
  tenon_status rename(const std::string& from, const std::string& to) override;
  tenon_status remove(const std::string& path) override;
  tenon_status make_dir(const std::string& path) override;
  tenon_status sync_dir(const std::string& path) override;
  tenon_status list(const std::string& path,
                    const std::function<tenon_status(std::string_view name, bool is_dir)>& visit) override;
  tenon_status space(const std::string& path, std::uint64_t* ret_bytes) override;
};

}  // namespace tenon::test
