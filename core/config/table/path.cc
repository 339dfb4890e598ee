#include "config/table/path.h"

#include <algorithm>

#include "config/json/json_writer.h"

namespace tenon::config {
namespace {

constexpr std::size_t name_bytes_max = 64;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_word_character(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_';
}

}  // namespace

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> words;
  for (;;) {
    const std::size_t dot = path.find('.');
    words.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return words;
    path.remove_prefix(dot + 1);
  }
}

std::string join_path(std::string_view parent, std::string_view key) {
  const bool plain = !key.empty() && std::ranges::all_of(key, is_word_character);
  std::string out(parent);
  if (!out.empty()) out.push_back('.');
  return out + (plain ? std::string(key) : json_quoted(key));
}

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && is_alphanumeric(name.front()) &&
         std::ranges::all_of(name, is_word_character);
}

}  // namespace tenon::config
