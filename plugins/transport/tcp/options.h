#pragma once

#include <cstdint>

#include <tenon/config.hpp>

namespace tenon::transport_tcp {

// The options of the plugin, as README.md explains them.
struct Options {
  std::uint32_t backlog = 4096;
  bool nodelay = true;
  bool reuse_port = true;
  std::uint32_t unix_mode = 0660;
  std::int32_t send_buffer_bytes = 0;     // 0: the system's own
  std::int32_t receive_buffer_bytes = 0;  // 0: the system's own

  // Throws a Failure that names the option.
  static Options read(const sdk::Config& config);
};

}  // namespace tenon::transport_tcp
