#pragma once

#include "support/disk_backend.h"

// A handle of the ABI: one open file of a backend.
struct tenon_file {
  std::unique_ptr<tenon::test::DiskBackendFile> file;
};

namespace tenon::test {

// The tenon_host_disk table over the backend that `Resolve` finds for a host:
//   static DiskBackend& disk_of(const tenon_host* host);
//   const tenon_host_disk* table = DiskTable<disk_of>::get();
template <DiskBackend& (*Resolve)(const tenon_host*)>
class DiskTable {
 public:
  static const tenon_host_disk* get() {
    static constexpr tenon_host_disk table{sizeof(tenon_host_disk),
                                           0,
                                           open,
                                           close,
                                           pread,
                                           pwrite_v,
                                           fdatasync,
                                           truncate,
                                           size,
                                           rename,
                                           remove,
                                           make_dir,
                                           sync_dir,
                                           list,
                                           space};
    return &table;
  }

 private:
  static tenon_status open(const tenon_host* host, const char* path, std::uint32_t flags,
                           tenon_file** ret_file, tenon_error* error) {
    auto made = std::make_unique<tenon_file>();
    const tenon_status status = Resolve(host).open(path, flags, &made->file);
    if (status == TENON_OK)
      *ret_file = made.release();
    else if (error != nullptr)
      error->code = status;
    return status;
  }
  static void close(const tenon_host*, tenon_file* file) { delete file; }
  static tenon_status pread(const tenon_host*, tenon_file* file, std::uint64_t offset, tenon_span out,
                            std::uint64_t* ret_len) {
    return file->file->pread(offset, {out.data, static_cast<std::size_t>(out.len)}, ret_len);
  }
  static tenon_status pwrite_v(const tenon_host*, tenon_file* file, std::uint64_t offset,
                               const tenon_bytes* spans, std::uint32_t count) {
    return file->file->pwrite_v(offset, {spans, count});
  }
  static tenon_status fdatasync(const tenon_host*, tenon_file* file) { return file->file->fdatasync(); }
  static tenon_status truncate(const tenon_host*, tenon_file* file, std::uint64_t len) {
    return file->file->truncate(len);
  }
  static tenon_status size(const tenon_host*, tenon_file* file, std::uint64_t* ret_len) {
    return file->file->size(ret_len);
  }
  static tenon_status rename(const tenon_host* host, const char* from, const char* to) {
    return Resolve(host).rename(from, to);
  }
  static tenon_status remove(const tenon_host* host, const char* path) { return Resolve(host).remove(path); }
  static tenon_status make_dir(const tenon_host* host, const char* path) {
    return Resolve(host).make_dir(path);
  }
  static tenon_status sync_dir(const tenon_host* host, const char* path) {
    return Resolve(host).sync_dir(path);
  }
  static tenon_status list(const tenon_host* host, const char* path, tenon_dir_fn fn, void* user) {
    return Resolve(host).list(path, [&](std::string_view name, bool is_dir) {
      return fn(user, {reinterpret_cast<const std::uint8_t*>(name.data()), name.size()}, is_dir ? 1 : 0);
    });
  }
  static tenon_status space(const tenon_host* host, const char* path, std::uint64_t* ret_bytes) {
    return Resolve(host).space(path, ret_bytes);
  }
};

}  // namespace tenon::test
