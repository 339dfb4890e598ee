#include "rocksdb/engine_options.h"

namespace tenon::storage_rocksdb {
namespace {

constexpr std::int64_t kibibyte = 1024;
constexpr std::int64_t mebibyte = 1024 * kibibyte;
constexpr std::int64_t gibibyte = 1024 * mebibyte;

std::uint64_t read_number(const sdk::Config& config, const char* name, std::uint64_t otherwise,
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
  options.cache_bytes = read_number(config, "cache_bytes", options.cache_bytes, mebibyte, 1024 * gibibyte);
  options.write_buffer_bytes =
      read_number(config, "write_buffer_bytes", options.write_buffer_bytes, 64 * kibibyte, gibibyte);
  options.open_files_max =
      static_cast<std::uint32_t>(read_number(config, "open_files_max", options.open_files_max, 32, 1000000));
  options.compaction_threads = static_cast<std::uint32_t>(
      read_number(config, "compaction_threads", options.compaction_threads, 1, 16));
  options.compression = config.text_or("compression", options.compression);
  if (options.compression != "none" && options.compression != "lz4" && options.compression != "zstd")
    throw sdk::Failure(TENON_E_INVALID, "option \"compression\" must be \"none\", \"lz4\" or \"zstd\"");
  return options;
}

}  // namespace tenon::storage_rocksdb
