#include "service/store_key.h"

#include <array>

#include "base/bytes.h"

namespace tenon::service {

namespace {

constexpr char escape = '\x00';
constexpr char escaped_zero = '\xff';
constexpr char end_of_part = '\x01';

template <class T>
void append_be(std::string& key, T value) {
  std::array<char, sizeof(T)> bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    bytes[i] = static_cast<char>(value >> (8 * (sizeof(T) - 1 - i)));
  key.append(bytes.data(), bytes.size());
}

template <class T>
T take_be(std::string_view& key) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(static_cast<T>(value << 8) | static_cast<std::uint8_t>(key[i]));
  key.remove_prefix(sizeof(T));
  return value;
}

}  // namespace

void append_escaped(std::string& key, std::string_view part) {
  for (std::size_t zero = part.find(escape); zero != std::string_view::npos; zero = part.find(escape)) {
    key.append(part.substr(0, zero + 1));
    key.push_back(escaped_zero);
    part.remove_prefix(zero + 1);
  }
  key.append(part);
  key.append({escape, end_of_part});
}

std::optional<std::string> take_escaped(std::string_view& key) {
  std::string part;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] != escape) {
      part.push_back(key[i]);
      continue;
    }
    if (++i == key.size()) break;
    if (key[i] == end_of_part) {
      key.remove_prefix(i + 1);
      return part;
    }
    if (key[i] != escaped_zero) break;
    part.push_back(escape);
  }
  return std::nullopt;
}

void append_be16(std::string& key, std::uint16_t value) {
  append_be(key, value);
}
void append_be64(std::string& key, std::uint64_t value) {
  append_be(key, value);
}
std::uint16_t take_be16(std::string_view& key) {
  return take_be<std::uint16_t>(key);
}
std::uint64_t take_be64(std::string_view& key) {
  return take_be<std::uint64_t>(key);
}

std::uint16_t stable_bucket(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const std::uint8_t byte : as_bytes(text)) hash = (hash ^ byte) * 0x100000001B3u;
  hash ^= hash >> 33;
  hash *= 0xFF51AFD7ED558CCDu;
  return static_cast<std::uint16_t>(hash >> 48);
}

}  // namespace tenon::service
