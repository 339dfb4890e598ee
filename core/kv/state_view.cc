#include "kv/state_view.h"

#include <vector>

namespace tenon::kv {

Status State::erase_all(std::string_view begin, std::string_view end) {
  std::vector<std::string> keys;
  Status read = scan(begin, end, [&keys](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  });
  if (!read) return read;
  for (const std::string& key : keys) erase(key);
  return {};
}

std::string end_of_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace tenon::kv
