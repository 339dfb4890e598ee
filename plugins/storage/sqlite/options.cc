#include "sqlite/options.h"

#include "shared/number_option.h"

namespace tenon::storage_sqlite {
namespace {

constexpr std::int64_t mebibyte = 1024 * 1024;
constexpr std::int64_t tebibyte = mebibyte * mebibyte;

}  // namespace

using shared::number_option;

Options read_options(const sdk::Config& config) {
  Options options;
  options.cache_bytes = number_option(config, "cache_bytes", options.cache_bytes, mebibyte, tebibyte);
  options.page_bytes =
      static_cast<std::uint32_t>(number_option(config, "page_bytes", options.page_bytes, 1024, 65536));
  if ((options.page_bytes & (options.page_bytes - 1)) != 0)
    throw sdk::Failure(TENON_E_INVALID, "option \"page_bytes\" must be a power of two");
  options.wal_bytes_max = number_option(config, "wal_bytes_max", options.wal_bytes_max, mebibyte, tebibyte);
  options.snapshot_wal_bytes_max =
      number_option(config, "snapshot_wal_bytes_max", options.snapshot_wal_bytes_max, mebibyte, tebibyte);
  return options;
}

}  // namespace tenon::storage_sqlite
