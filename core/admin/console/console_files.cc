#include "admin/console/console_files.h"

#include <span>
#include <utility>
#include <vector>

#include "base/digest/crc32c.h"

namespace tenon::admin {

namespace {

constexpr std::pair<std::string_view, std::string_view> types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
};

// Empty: no file of the console.
std::string_view type_of(std::string_view name) {
  for (const auto& [ending, type] : types)
    if (name.ends_with(ending)) return type;
  return {};
}

Result<std::string> read_file(Disk& disk, const std::string& path) {
  Result<std::unique_ptr<File>> file = disk.open(path, OpenMode::read);
  if (!file) return file.error();
  const Result<std::uint64_t> size = (*file)->size();
  if (!size) return size.error();
  if (*size > ConsoleFiles::file_bytes_max)
    return Error{Errc::invalid, path + " is longer than the MiB that a file of the console may have"};
  std::vector<std::uint8_t> bytes(*size);
  const Result<std::size_t> read = (*file)->pread(0, bytes);
  if (!read) return read.error();
  return std::string(as_text(Bytes(bytes).first(*read)));
}

std::string etag_of(std::string_view body) {
  return "\"" + std::to_string(crc32c(body)) + "-" + std::to_string(body.size()) + "\"";
}

}  // namespace

Result<ConsoleFiles> ConsoleFiles::read(Disk& disk, const std::string& dir) {
  std::vector<std::string> names;
  const Status listed = disk.list(dir, [&](std::string_view name, bool is_dir) {
    if (!is_dir && !type_of(name).empty()) names.emplace_back(name);
  });
  if (!listed) return listed.error();
  if (names.size() > files_max) return Error{Errc::invalid, dir + " holds more files than a console has"};
  ConsoleFiles console;
  for (const std::string& name : names) {
    Result<std::string> body = read_file(disk, dir + "/" + name);
    if (!body) return body.error();
    std::string etag = etag_of(*body);
    console.files_.emplace(name, ConsoleFile{std::string(type_of(name)), std::move(*body), std::move(etag)});
  }
  if (!console.find("index.html")) return Error{Errc::not_found, dir + " holds no index.html"};
  return console;
}

const ConsoleFile* ConsoleFiles::find(std::string_view name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace tenon::admin
