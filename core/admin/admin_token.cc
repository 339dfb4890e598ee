#include "admin/admin_token.h"

#include <algorithm>
#include <array>
#include <optional>

#include "admin/http/message.h"
#include "base/bytes.h"

namespace tenon::admin {

namespace {

constexpr std::size_t random_bytes = 32;
constexpr std::size_t token_bytes_min = 2 * random_bytes;
constexpr std::size_t token_bytes_max = 256;

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 0xF];
  }
  return out;
}

// RFC 6750 section 2.1: b64token, without its padding.
bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/").find(c) != std::string_view::npos;
}

// Empty: the file holds no token.
Result<std::optional<std::string>> read_token(File& file) {
  std::array<std::uint8_t, token_bytes_max + 2> buffer;
  const Result<std::size_t> bytes = file.pread(0, buffer);
  if (!bytes) return bytes.error();
  std::string_view text = as_text(Bytes(buffer).first(*bytes));
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  const bool sound = text.size() >= token_bytes_min && text.size() <= token_bytes_max &&
                     std::all_of(text.begin(), text.end(), is_token_character);
  return sound ? std::optional(std::string(text)) : std::nullopt;
}

Status write_file(Disk& disk, const std::string& path, std::string_view content) {
  if (const Status removed = disk.remove(path); !removed && removed.error().code != Errc::not_found)
    return removed.error();
  Result<std::unique_ptr<File>> file = disk.open(path, OpenMode::create_new);
  if (!file) return file.error();
  const std::array<Bytes, 1> spans = {as_bytes(content)};
  if (const Status written = (*file)->pwrite_v(0, spans); !written) return written.error();
  return (*file)->fdatasync();
}

// Written under another name first, so that a crash leaves no half token behind.
Status create_token(Disk& disk, const std::string& data_dir, const std::string& path,
                    const std::string& text) {
  const std::string new_path = path + ".new";
  if (const Status written = write_file(disk, new_path, text + "\n"); !written) return written.error();
  if (const Status renamed = disk.rename(new_path, path); !renamed) return renamed.error();
  return disk.sync_dir(data_dir);
}

}  // namespace

Result<AdminToken> open_admin_token(Disk& disk, Random& random, const std::string& data_dir) {
  const std::string path = data_dir + "/admin.token";
  Result<std::unique_ptr<File>> file = disk.open(path, OpenMode::read);
  if (file) {
    auto text = read_token(**file);
    if (!text) return text.error();
    if (!*text)
      return Error{Errc::corrupt, path +
                                      " holds no token of 64 to 256 letters and digits; remove it, and the "
                                      "next start makes a new one"};
    return AdminToken{std::move(**text), path, TokenOrigin::loaded};
  }
  if (file.error().code != Errc::not_found) return file.error();
  std::array<std::uint8_t, random_bytes> secret;
  random.fill(secret);
  std::string text = hex(secret);
  if (const Status created = create_token(disk, data_dir, path, text); !created) return created.error();
  return AdminToken{std::move(text), path, TokenOrigin::created};
}

Result<std::string> read_token_file(Disk& disk, const std::string& path) {
  Result<std::unique_ptr<File>> file = disk.open(path, OpenMode::read);
  if (!file) return file.error();
  auto text = read_token(**file);
  if (!text) return text.error();
  if (!*text) return Error{Errc::corrupt, path + " holds no token of 64 to 256 letters and digits"};
  return std::move(**text);
}

bool is_authorized(std::string_view authorization, std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  if (token.empty() || authorization.size() < scheme.size()) return false;
  if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return false;
  const std::string_view shown = authorization.substr(scheme.size());
  if (shown.size() != token.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < token.size(); ++i)
    difference |= static_cast<unsigned char>(shown[i]) ^ static_cast<unsigned char>(token[i]);
  return difference == 0;
}

}  // namespace tenon::admin
