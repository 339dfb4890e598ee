#include "rocksdb/engine_options.h"

#include "shared/number_option.h"

namespace tenon::storage_rocksdb {
namespace {

constexpr std::int64_t kibibyte = 1024;
constexpr std::int64_t mebibyte = 1024 * kibibyte;
constexpr std::int64_t gibibyte = 1024 * mebibyte;

}  // namespace

using shared::number_option;

Options read_options(const sdk::Config& config) {
  Options options;
  options.cache_bytes = number_option(config, "cache_bytes", options.cache_bytes, mebibyte, 1024 * gibibyte);
  options.write_buffer_bytes =
      number_option(config, "write_buffer_bytes", options.write_buffer_bytes, 64 * kibibyte, gibibyte);
  options.open_files_max = static_cast<std::uint32_t>(
      number_option(config, "open_files_max", options.open_files_max, 32, 1000000));
  options.compaction_threads = static_cast<std::uint32_t>(
      number_option(config, "compaction_threads", options.compaction_threads, 1, 16));
  options.compression = config.text_or("compression", options.compression);
  if (options.compression != "none" && options.compression != "lz4" && options.compression != "zstd")
    throw sdk::Failure(TENON_E_INVALID, "option \"compression\" must be \"none\", \"lz4\" or \"zstd\"");
  return options;
}

}  // namespace tenon::storage_rocksdb
