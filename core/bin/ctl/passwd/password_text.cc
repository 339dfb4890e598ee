#include "bin/ctl/passwd/password_text.h"

#include <algorithm>
#include <vector>

#include "base/text/utf8.h"

namespace tenon::ctl {

namespace {

constexpr std::string_view secret_head = ":scram-secret:";

// Whether the line is the one of the user.
bool is_of(std::string_view line, std::string_view user) {
  return line.size() > user.size() && line.substr(0, user.size()) == user && line[user.size()] == ':';
}

// Without their line feeds.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

std::string text_of(const std::vector<std::string_view>& lines) {
  std::string text;
  for (const std::string_view line : lines) text.append(line).append("\n");
  return text;
}

}  // namespace

Status check_user(std::string_view user) {
  if (user.empty()) return Error{Errc::invalid, "the user name is empty"};
  if (user.find(':') != std::string_view::npos) return Error{Errc::invalid, "a user name can't hold a colon"};
  if (user[0] == '#') return Error{Errc::invalid, "a user name can't begin with #, which begins a comment"};
  if (!is_well_formed_text(user)) return Error{Errc::invalid, "the user name is not UTF-8 text"};
  const bool has_control =
      std::any_of(user.begin(), user.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (has_control) return Error{Errc::invalid, "a user name can't hold control characters"};
  if (user.size() > 1024) return Error{Errc::invalid, "the user name has more than 1024 bytes"};
  return {};
}

std::string with_user(std::string_view text, std::string_view user, std::string_view credential) {
  const std::string line = std::string(user) + ":" + std::string(credential);
  std::vector<std::string_view> lines = lines_of(text);
  const auto at =
      std::find_if(lines.begin(), lines.end(), [&](std::string_view one) { return is_of(one, user); });
  if (at == lines.end())
    lines.push_back(line);
  else
    *at = line;
  return text_of(lines);
}

Result<std::string> without_user(std::string_view text, std::string_view user) {
  std::vector<std::string_view> lines = lines_of(text);
  if (std::erase_if(lines, [&](std::string_view one) { return is_of(one, user); }) == 0)
    return Error{Errc::not_found, "the file has no user \"" + std::string(user) + "\""};
  return text_of(lines);
}

std::string with_secret(std::string_view text, std::string_view secret_base64) {
  std::vector<std::string_view> lines = lines_of(text);
  const bool has_one = std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    return line.substr(0, secret_head.size()) == secret_head;
  });
  const std::string line = std::string(secret_head) + std::string(secret_base64);
  if (!has_one) lines.insert(lines.begin(), line);
  return text_of(lines);
}

}  // namespace tenon::ctl
