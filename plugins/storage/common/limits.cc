#include "common/limits.h"

#include <string>

#include <tenon/failure.hpp>

namespace tenon::storage {
namespace {

using sdk::Failure;

void check_write(const tenon_write& write) {
  if (write.type > TENON_WRITE_DELETE_RANGE)
    throw Failure(TENON_E_INVALID, "write of unknown type " + std::to_string(write.type));
  check_space(write.space);
  if (write.key.len > key_bytes_max)
    throw Failure(TENON_E_INVALID, "key of " + std::to_string(write.key.len) + " bytes, the limit is " +
                                       std::to_string(key_bytes_max));
  const std::uint64_t value_max = write.type == TENON_WRITE_PUT ? value_bytes_max : key_bytes_max;
  if (write.type != TENON_WRITE_DELETE && write.value.len > value_max)
    throw Failure(TENON_E_INVALID, "value of " + std::to_string(write.value.len) + " bytes, the limit is " +
                                       std::to_string(value_max));
}

}  // namespace

tenon_engine_info engine_info(std::uint32_t caps) {
  return {sizeof(tenon_engine_info), caps, key_bytes_max, value_bytes_max, space_max, 0};
}

void check_batches(std::span<const tenon_write_batch> batches, std::uint32_t durability) {
  if (durability > TENON_DURABLE_DISK)
    throw Failure(TENON_E_INVALID, "unknown durability class " + std::to_string(durability));
  for (const tenon_write_batch& batch : batches)
    for (std::uint64_t i = 0; i < batch.count; ++i) check_write(batch.writes[i]);
}

void check_space(std::uint32_t space) {
  if (space > space_max)
    throw Failure(TENON_E_INVALID,
                  "space " + std::to_string(space) + ", the last one is " + std::to_string(space_max));
}

void check_iterator_flags(std::uint32_t flags) {
  if ((flags & ~TENON_ITER_REVERSE) != 0)
    throw Failure(TENON_E_INVALID, "unknown iterator flags " + std::to_string(flags));
}

}  // namespace tenon::storage
