#include "rocksdb/files/damage_search.h"

#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "shared/byte_order.h"
#include "shared/crc32c.h"

namespace tenon::storage_rocksdb {
namespace {

// The format of RocksDB's logs: blocks of 32 KiB; a record is {u32 masked CRC-32C of type and data, u16
// length, u8 type, data} and lies in one block.
constexpr std::size_t block_bytes = 32 * 1024;
constexpr std::size_t head_bytes = 7;
constexpr std::size_t sector_bytes = 512;

std::uint32_t unmasked(std::uint32_t sum) {
  const std::uint32_t rotated = sum - 0xa282ead8u;
  return (rotated >> 17) | (rotated << 15);
}

using Bytes = std::span<const std::uint8_t>;
using State = ManifestEnd::State;

// Whether the record that begins with `rest` is a whole one of another length than it says.
bool is_whole_but_shorter(Bytes rest) {
  const std::uint32_t wanted = unmasked(shared::load_le32(rest.data()));
  std::uint32_t sum = shared::crc32c(rest.subspan(head_bytes - 1, 1));
  if (sum == wanted) return true;
  for (std::size_t at = head_bytes; at < rest.size(); ++at) {
    sum = shared::crc32c(rest.subspan(at, 1), sum);
    if (sum == wanted) return true;
  }
  return false;
}

bool is_right(Bytes record) {
  return shared::crc32c(record.subspan(head_bytes - 1)) == unmasked(shared::load_le32(record.data()));
}

// Whether a sector of the record, or its part of one, is all zeros. A record within one sector is written
// whole or not at all.
bool has_lost_sector(Bytes log, std::size_t begin, std::size_t end) {
  if (begin / sector_bytes == (end - 1) / sector_bytes) return false;
  for (std::size_t at = begin; at < end;) {
    const std::size_t next = std::min(end, at - at % sector_bytes + sector_bytes);
    const Bytes part = log.subspan(at, next - at);
    if (std::all_of(part.begin(), part.end(), [](std::uint8_t byte) { return byte == 0; })) return true;
    at = next;
  }
  return false;
}

ManifestEnd look_at(Bytes log) {
  std::size_t at = 0;
  while (at + head_bytes <= log.size()) {
    const std::size_t block_end = at - at % block_bytes + block_bytes;
    if (block_end - at < head_bytes) {
      at = block_end;
      continue;
    }
    const std::size_t len = std::size_t{log[at + 4]} + (std::size_t{log[at + 5]} << 8);
    const std::size_t end = at + head_bytes + len;
    if (end > log.size()) {
      const Bytes rest = log.subspan(at, std::min(block_end, log.size()) - at);
      return {is_whole_but_shorter(rest) ? State::damaged : State::sound, {}, 0};
    }
    if (end > block_end) break;
    if (!is_right(log.subspan(at, end - at)))
      return {has_lost_sector(log, at, end) ? State::torn : State::sound, {}, at};
    at = end;
  }
  return {};
}

}  // namespace

ManifestEnd look_at_manifest(rocksdb::Env& env, const std::string& dir) {
  std::string name;
  if (!rocksdb::ReadFileToString(&env, dir + "/CURRENT", &name).ok()) return {};
  if (!name.empty() && name.back() == '\n') name.pop_back();
  std::string log;
  const std::string path = dir + "/" + name;
  if (!rocksdb::ReadFileToString(&env, path, &log).ok()) return {};
  ManifestEnd found = look_at({reinterpret_cast<const std::uint8_t*>(log.data()), log.size()});
  found.path = path;
  return found;
}

std::string find_damaged_table(rocksdb::Env& env, const std::string& dir) {
  std::vector<std::string> names;
  if (!env.GetChildren(dir, &names).ok()) return {};
  std::sort(names.begin(), names.end());
  rocksdb::Options options;
  options.env = &env;
  for (const std::string& name : names) {
    if (!name.ends_with(".sst")) continue;
    const std::string path = dir + "/" + name;
    rocksdb::SstFileReader reader(options);
    if (const rocksdb::Status opened = reader.Open(path); !opened.ok())
      return path + ": " + opened.ToString();
  }
  return {};
}

}  // namespace tenon::storage_rocksdb
