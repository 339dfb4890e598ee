#include "bin/ctl/import/mosquitto_conf.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tenon::ctl {

namespace {

std::string trimmed(const std::string& text) {
  constexpr const char* blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    // An empty file gives nothing to the stream, and is none the worse.
    if (std::error_code error; !file || std::filesystem::file_size(path, error) != 0 || error)
      return Error{Errc::not_found, path + " can't be read"};
  return text.str();
}

Result<std::vector<std::string>> files_of(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.path().extension() == ".conf") files.push_back(entry.path().string());
  if (error) return Error{Errc::not_found, directory + " can't be read: " + error.message()};
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<MosquittoOption> parse_mosquitto_conf(const std::string& file, const std::string& text) {
  std::vector<MosquittoOption> options;
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    options.push_back({file, number, line.substr(0, end), trimmed(line.substr(end))});
  }
  return options;
}

Result<std::vector<MosquittoOption>> read_mosquitto_conf(const std::string& path) {
  const auto text = read_file(path);
  if (!text.ok()) return text.error();
  std::vector<MosquittoOption> all;
  for (MosquittoOption& option : parse_mosquitto_conf(path, *text)) {
    all.push_back(option);
    if (option.name != "include_dir") continue;
    const auto files = files_of(option.value);
    if (!files.ok())
      return Error{Errc::not_found, path + ":" + std::to_string(option.line) + ": " + files.error().message};
    for (const std::string& file : *files) {
      const auto included = read_file(file);
      if (!included.ok()) return included.error();
      for (MosquittoOption& one : parse_mosquitto_conf(file, *included)) all.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace tenon::ctl
