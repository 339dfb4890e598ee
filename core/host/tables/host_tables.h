#pragma once

#include <tenon/abi/module.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace tenon::host {

// One host table that this broker offers to plugins.
struct HostTable {
  const char* id = "";
  const void* table = nullptr;
  std::uint64_t draft_hash = 0;  // 0: stable
};

// All of them. Static; any thread.
std::span<const HostTable> host_tables();

// Null when this broker does not offer it.
const HostTable* find_host_table(std::string_view id);

// tenon_host.get_interface of every instance: a draft table only for a plugin whose descriptor requires it.
const void* get_host_interface(const tenon_host* host, const char* id);

// The tables; one file each.
const void* async_table();
const void* auth_host_table();
const void* buf_table();
const void* clock_table();
const void* config_table();
const void* data_dir_table();
const void* disk_table();
const void* health_table();
const void* log_table();
const void* metrics_table();
const void* net_table();
const void* pool_table();
const void* random_table();
const void* reactor_table();
const void* timer_table();

// What plugins pass, as views. A null pointer is an empty view, whatever the length says.
inline std::string_view view_of(tenon_bytes b) {
  return b.data ? std::string_view{reinterpret_cast<const char*>(b.data), static_cast<std::size_t>(b.len)}
                : std::string_view{};
}
inline Bytes bytes_of(tenon_bytes b) {
  return as_bytes(view_of(b));
}
inline std::span<std::uint8_t> span_of(tenon_span s) {
  return s.data ? std::span{s.data, static_cast<std::size_t>(s.len)} : std::span<std::uint8_t>{};
}
inline tenon_bytes abi_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline tenon_bytes abi_bytes(Bytes bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace tenon::host
