#include "config/sources/conf_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "config/json/json_reader.h"

namespace tenon::config {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const std::string& path, std::vector<ConfigError>& errors) {
  const auto fail = [&](const std::string& text) {
    errors.push_back({path, "", text});
    return std::nullopt;
  };
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (code || status.type() == fs::file_type::not_found)
    return fail("cannot be read: " + (code ? code.message() : std::string("the link leads nowhere")));
  // Opening a pipe would wait for its writer.
  if (status.type() != fs::file_type::regular) return fail("is no regular file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(std::string("cannot be read: ") + std::strerror(errno));
  // One byte more than allowed is enough for the reader to refuse it.
  std::string text(JsonLimits{}.bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail("cannot be read to its end");
  text.resize(static_cast<std::size_t>(file.gcount()));
  text.shrink_to_fit();
  return text;
}

bool is_conf_name(const std::string& name) {
  return name.ends_with(".json") && !name.starts_with('.');
}

std::vector<std::string> conf_names(const std::string& dir, std::error_code& code) {
  std::vector<std::string> names;
  fs::directory_iterator it(dir, code);
  for (; !code && it != fs::directory_iterator(); it.increment(code))
    if (std::string name = it->path().filename().string(); is_conf_name(name))
      names.push_back(std::move(name));
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::vector<SourceText> read_conf_dir(const std::string& dir, MissingDirectory missing,
                                      std::vector<ConfigError>& errors) {
  std::error_code code;
  const std::vector<std::string> names = conf_names(dir, code);
  if (code) {
    const bool allowed = code == std::errc::no_such_file_or_directory && missing == MissingDirectory::empty;
    if (!allowed)
      errors.push_back({dir, "", "the configuration directory cannot be read: " + code.message()});
    return {};
  }
  std::vector<SourceText> files;
  for (const std::string& name : names) {
    const std::string path = (fs::path(dir) / name).string();
    if (std::optional<std::string> text = read_file(path, errors)) files.push_back({path, *std::move(text)});
  }
  return files;
}

}  // namespace tenon::config
