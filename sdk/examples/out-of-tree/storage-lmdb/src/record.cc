// SPDX-License-Identifier: 0BSD
#include "record.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <tenon/bytes.hpp>
#include <tenon/failure.hpp>

namespace acme {
namespace {

namespace sdk = tenon::sdk;

constexpr std::size_t sum_bytes = 4;

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    table[i] = crc;
  }
  return table;
}();

std::uint32_t crc32c(const std::uint8_t* data, std::size_t len) {
  std::uint32_t crc = ~0u;
  for (std::size_t i = 0; i < len; ++i) crc = crc >> 8 ^ crc_table[(crc ^ data[i]) & 255];
  return ~crc;
}

void append_le32(std::string& to, std::uint64_t number) {
  for (int i = 0; i < 4; ++i) to += static_cast<char>(number >> (8 * i));
}

std::uint32_t load_le32(const std::uint8_t* from) {
  return from[0] | std::uint32_t{from[1]} << 8 | std::uint32_t{from[2]} << 16 | std::uint32_t{from[3]} << 24;
}

void append(std::string& to, tenon_bytes bytes) {
  to.append(reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.len));
}

// What stands in front of the content of a record: the sum of it.
void seal(std::string& record) {
  const std::uint32_t sum =
      crc32c(reinterpret_cast<const std::uint8_t*>(record.data()) + sum_bytes, record.size() - sum_bytes);
  for (std::size_t i = 0; i < sum_bytes; ++i) record[i] = static_cast<char>(sum >> (8 * i));
}

}  // namespace

std::string space_begin(std::uint32_t space) {
  return {static_cast<char>(space >> 8), static_cast<char>(space)};
}

std::string record_key(std::uint32_t space, tenon_bytes key) {
  std::string made = space_begin(space);
  append(made, {key.data, std::min<std::uint64_t>(key.len, direct_bytes)});
  if (is_long(key)) made += '\0';
  return made;
}

tenon_bytes open_value(tenon_bytes record_key, tenon_bytes record) {
  const tenon_bytes value{record.data + sum_bytes, record.len - sum_bytes};
  if (record.len >= sum_bytes && crc32c(value.data, value.len) == load_le32(record.data)) return value;
  throw sdk::Failure(TENON_E_CORRUPT, "the checksum of a value is wrong; its key has " +
                                          std::to_string(record_key.len - 2) + " bytes");
}

std::vector<Row> open_bucket(tenon_bytes record_key, tenon_bytes record, std::vector<std::string>& keys) {
  std::vector<Row> rows;
  if (!parse_rows(open_value(record_key, record), rows))
    throw sdk::Failure(TENON_E_CORRUPT, "a record of long keys does not hold together");
  keys.clear();
  keys.reserve(rows.size());
  for (Row& row : rows) {
    std::string& whole = keys.emplace_back();
    append(whole, {record_key.data + 2, direct_bytes});
    append(whole, row.key);
    row.key = sdk::abi(std::string_view(whole));
  }
  return rows;
}

std::string make_value(tenon_bytes value) {
  std::string record(sum_bytes, '\0');
  append(record, value);
  seal(record);
  return record;
}

std::string make_bucket(const std::vector<Row>& rows) {
  std::string record(sum_bytes, '\0');
  for (const Row& row : rows)
    append_row(record, {row.key.data + direct_bytes, row.key.len - direct_bytes}, row.value);
  seal(record);
  return record;
}

int compare(tenon_bytes a, tenon_bytes b) {
  const std::uint64_t common = std::min(a.len, b.len);
  const int order = common > 0 ? std::memcmp(a.data, b.data, common) : 0;
  if (order != 0) return order;
  return a.len < b.len ? -1 : a.len > b.len ? 1 : 0;
}

void append_row(std::string& to, tenon_bytes key, tenon_bytes value) {
  append_le32(to, key.len);
  append_le32(to, value.len);
  append(to, key);
  append(to, value);
}

bool parse_rows(tenon_bytes bytes, std::vector<Row>& ret_rows) {
  while (bytes.len > 0) {
    if (bytes.len < 8) return false;
    const std::uint64_t key_len = load_le32(bytes.data), value_len = load_le32(bytes.data + 4);
    if (bytes.len - 8 < key_len + value_len) return false;
    const std::uint8_t* const key = bytes.data + 8;
    ret_rows.push_back({{key, key_len}, {key + key_len, value_len}});
    bytes = {key + key_len + value_len, bytes.len - 8 - key_len - value_len};
  }
  return true;
}

}  // namespace acme
