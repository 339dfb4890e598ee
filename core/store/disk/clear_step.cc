#include "store/disk/clear_step.h"

namespace tenon::store {

namespace {

constexpr std::size_t step_bytes = std::size_t{1} << 20;

}  // namespace

Result<bool> clear_step(Engine& engine, std::uint32_t space, std::string& next, std::string_view end) {
  std::size_t bytes = 0;
  std::string last;
  const Status read = engine.scan(space, next, end, [&](std::string_view key, std::string_view value) {
    bytes += key.size() + value.size();
    if (bytes >= step_bytes) last = key;
    return bytes < step_bytes;
  });
  if (!read.ok()) return read.error();
  const bool is_last = bytes < step_bytes;
  const std::string behind = is_last ? std::string(end) : last + '\0';
  const tenon_write write{TENON_WRITE_DELETE_RANGE, space, to_abi(next), to_abi(behind)};
  if (Status written = engine.write({&write, 1}); !written.ok()) return written.error();
  next = behind;
  return is_last;
}

}  // namespace tenon::store
