#include <tenon/draft/disk.h>

#include <array>
#include <vector>

#include "base/disk.h"
#include "host/instance.h"
#include "host/status_name.h"
#include "host/tables/host_tables.h"

// A handle of the ABI: one open file of the disk.
struct tenon_file {
  std::unique_ptr<tenon::File> file;
};

namespace tenon::host {
namespace {

Disk& disk_of(const tenon_host* host) {
  return *instance_of(host).services().disk;
}

tenon_status status_of(const Status& s) {
  return s ? TENON_OK : to_abi(s.error().code);
}

OpenMode mode_of(std::uint32_t flags) {
  if ((flags & TENON_FILE_WRITE) == 0) return OpenMode::read;
  if ((flags & TENON_FILE_CREATE) == 0) return OpenMode::read_write;
  return (flags & TENON_FILE_EXCLUSIVE) != 0 ? OpenMode::create_new : OpenMode::create;
}

tenon_status open(const tenon_host* host, const char* path, std::uint32_t flags, tenon_file** ret_file,
                  tenon_error* error) {
  constexpr std::uint32_t known =
      TENON_FILE_READ | TENON_FILE_WRITE | TENON_FILE_CREATE | TENON_FILE_EXCLUSIVE;
  if ((flags & ~known) != 0) return TENON_E_UNSUPPORTED;
  auto file = disk_of(host).open(path, mode_of(flags));
  if (!file) {
    const tenon_status status = to_abi(file.error().code);
    fill_abi_error(error, status, file.error().message);
    return status;
  }
  *ret_file = new tenon_file{std::move(file).value()};
  return TENON_OK;
}

void close(const tenon_host*, tenon_file* file) {
  delete file;
}

tenon_status pread(const tenon_host*, tenon_file* file, std::uint64_t offset, tenon_span out,
                   std::uint64_t* ret_len) {
  const auto read = file->file->pread(offset, span_of(out));
  if (!read) return to_abi(read.error().code);
  *ret_len = *read;
  return TENON_OK;
}

tenon_status pwrite_v(const tenon_host*, tenon_file* file, std::uint64_t offset, const tenon_bytes* spans,
                      std::uint32_t count) {
  std::array<Bytes, 16> few;
  if (count <= few.size()) {
    for (std::uint32_t i = 0; i < count; ++i) few[i] = bytes_of(spans[i]);
    return status_of(file->file->pwrite_v(offset, std::span(few).first(count)));
  }
  std::vector<Bytes> many;
  many.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) many.push_back(bytes_of(spans[i]));
  return status_of(file->file->pwrite_v(offset, many));
}

tenon_status fdatasync(const tenon_host*, tenon_file* file) {
  return status_of(file->file->fdatasync());
}

tenon_status truncate(const tenon_host*, tenon_file* file, std::uint64_t len) {
  return status_of(file->file->truncate(len));
}

tenon_status size(const tenon_host*, tenon_file* file, std::uint64_t* ret_len) {
  const auto bytes = file->file->size();
  if (!bytes) return to_abi(bytes.error().code);
  *ret_len = *bytes;
  return TENON_OK;
}

tenon_status rename(const tenon_host* host, const char* from, const char* to) {
  return status_of(disk_of(host).rename(from, to));
}

tenon_status remove(const tenon_host* host, const char* path) {
  return status_of(disk_of(host).remove(path));
}

tenon_status make_dir(const tenon_host* host, const char* path) {
  return status_of(disk_of(host).make_dirs(path));
}

tenon_status sync_dir(const tenon_host* host, const char* path) {
  return status_of(disk_of(host).sync_dir(path));
}

tenon_status list(const tenon_host* host, const char* path, tenon_dir_fn fn, void* user) {
  tenon_status answer = TENON_OK;
  const Status s = disk_of(host).list(path, [&](std::string_view name, bool is_dir) {
    if (answer == TENON_OK) answer = fn(user, abi_bytes(name), is_dir ? 1 : 0);
  });
  return s ? answer : to_abi(s.error().code);
}

tenon_status space(const tenon_host* host, const char* path, std::uint64_t* ret_bytes) {
  const auto free_bytes = disk_of(host).free_bytes(path);
  if (!free_bytes) return to_abi(free_bytes.error().code);
  *ret_bytes = *free_bytes;
  return TENON_OK;
}

constexpr tenon_host_disk table{sizeof(tenon_host_disk),
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

}  // namespace

const void* disk_table() {
  return &table;
}

}  // namespace tenon::host
