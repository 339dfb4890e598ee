#include "rocksdb/files/marker_file.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <vector>

#include <tenon/failure.hpp>

#include "shared/crc32c.h"

namespace tenon::storage_rocksdb {
namespace {

using rocksdb::Status;
using sdk::Failure;

constexpr std::string_view head = "tenon storage/rocksdb ";
constexpr std::uint32_t format = 1;

std::string sealed(const std::string& text) {
  char sum[16];
  std::snprintf(sum, sizeof sum, " %08x\n",
                shared::crc32c({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  return text + sum;
}

[[noreturn]] void fail_damaged(const std::string& path, const std::string& why) {
  throw Failure(TENON_E_CORRUPT, path + " is damaged: " + why +
                                     "; restore the directory from a copy, or move it away to begin empty");
}

void check_marker(const std::string& path, const std::string& text) {
  const std::size_t sum_at = text.rfind(' ');
  if (text.compare(0, head.size(), head) != 0 || sum_at == std::string::npos ||
      sealed(text.substr(0, sum_at)) != text)
    fail_damaged(path, "it is no marker of an engine");
  std::uint32_t found = 0;
  const auto parsed = std::from_chars(text.data() + head.size(), text.data() + sum_at, found);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + sum_at || found == 0)
    fail_damaged(path, "its format is no number");
  if (found > format)
    throw Failure(TENON_E_UNSUPPORTED, path + " has format " + std::to_string(found) +
                                           ", this broker reads format " + std::to_string(format) +
                                           "; run the broker that wrote it, or a newer one");
}

bool is_data(const std::string& name) {
  return name.ends_with(".sst") || name.ends_with(".log");
}

}  // namespace

void claim_directory(rocksdb::Env& env, const std::string& dir) {
  std::vector<std::string> names;
  if (const Status listed = env.GetChildren(dir, &names); !listed.ok())
    throw Failure(TENON_E_IO, "listing " + dir + ": " + listed.ToString());
  const auto has = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const bool has_data = std::any_of(names.begin(), names.end(), is_data);
  const std::string path = dir + "/" + marker_name;
  if (has(marker_name)) {
    std::string text;
    if (const Status read = rocksdb::ReadFileToString(&env, path, &text); !read.ok())
      throw Failure(TENON_E_IO, "reading " + path + ": " + read.ToString());
    check_marker(path, text);
    if (has_data && !has("CURRENT"))
      fail_damaged(dir + "/CURRENT", "it is missing, but files with data are there");
    return;
  }
  if (has_data || has("CURRENT"))
    fail_damaged(path, "it is missing, so the database beside it may be somebody else's");
  const Status marked = write_marker(env, dir);
  if (!marked.ok())
    throw Failure(marked.IsNoSpace() ? TENON_E_NOSPACE : TENON_E_IO,
                  "making " + path + ": " + marked.ToString());
}

Status write_marker(rocksdb::Env& env, const std::string& dir) {
  const std::string path = dir + "/" + marker_name;
  const std::string unfinished = path + ".new";
  const std::string text = sealed(std::string(head) + std::to_string(format));
  Status status = rocksdb::WriteStringToFile(&env, text, unfinished, /*should_sync=*/true);
  if (status.ok()) status = env.RenameFile(unfinished, path);
  return status.ok() ? sync_directory(env, dir) : status;
}

Status sync_directory(rocksdb::Env& env, const std::string& dir) {
  std::unique_ptr<rocksdb::FSDirectory> handle;
  const auto& files = env.GetFileSystem();
  Status status = files->NewDirectory(dir, rocksdb::IOOptions(), &handle, nullptr);
  return status.ok() ? handle->Fsync(rocksdb::IOOptions(), nullptr) : status;
}

}  // namespace tenon::storage_rocksdb
