#include "sqlite/options.h"

#include <string>

namespace tenon::storage_sqlite {
namespace {

constexpr std::int64_t mebibyte = 1024 * 1024;
constexpr std::int64_t tebibyte = mebibyte * mebibyte;

std::uint64_t read_bytes(const sdk::Config& config, const char* name, std::uint64_t otherwise,
                         std::int64_t min, std::int64_t max) {
  const std::int64_t value = config.integer_or(name, static_cast<std::int64_t>(otherwise));
  if (value < min || value > max)
    throw sdk::Failure(TENON_E_INVALID, std::string("option \"") + name + "\" must be between " +
                                            std::to_string(min) + " and " + std::to_string(max));
  return static_cast<std::uint64_t>(value);
}

}  // namespace

Options read_options(const sdk::Config& config) {
  Options options;
  options.cache_bytes = read_bytes(config, "cache_bytes", options.cache_bytes, mebibyte, tebibyte);
  options.page_bytes =
      static_cast<std::uint32_t>(read_bytes(config, "page_bytes", options.page_bytes, 1024, 65536));
  if ((options.page_bytes & (options.page_bytes - 1)) != 0)
    throw sdk::Failure(TENON_E_INVALID, "option \"page_bytes\" must be a power of two");
  options.wal_bytes_max = read_bytes(config, "wal_bytes_max", options.wal_bytes_max, mebibyte, tebibyte);
  options.snapshot_wal_bytes_max =
      read_bytes(config, "snapshot_wal_bytes_max", options.snapshot_wal_bytes_max, mebibyte, tebibyte);
  return options;
}

}  // namespace tenon::storage_sqlite
