#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::host {

enum class Kind : std::uint8_t {
  auth,
  transport,
  storage,
  log,
  replication,
  balancer,
  filter,
  events,
  intercept
};
constexpr std::size_t kind_count = 9;

std::string_view to_string(Kind kind);
// "tenon.auth/1"
const char* kind_id(Kind kind);

// One instance that conf.d asks for. Nothing is loaded that is not named by a spec.
struct PluginSpec {
  std::string instance;  // its name in conf.d; unique
  Kind kind = Kind::auth;
  std::string plugin;        // the plugin's own name ("file" of auth-file.so); empty: same as `instance`
  std::string file;          // absolute, or a name inside LoadPolicy::dirs; empty: "<kind>-<plugin>.so" there
  std::string options_json;  // an object; empty: {}
  std::string origin;        // where conf.d says so, "file:line"; for messages
  std::string data_dir;      // absolute; empty: the plugin gets no directory of its own
};

// Who runs the broker.
struct Identity {
  std::uint32_t uid = 0;  // effective
  bool secure = false;    // set-uid or the like (AT_SECURE): the environment is somebody else's
};
Identity process_identity();

// Which files may be loaded, and by whose authority.
struct LoadPolicy {
  std::vector<std::string> dirs;            // absolute; searched in this order
  std::vector<std::uint32_t> trusted_uids;  // owners besides root and the user that runs the broker
  std::int64_t call_budget_ns = 5'000'000;  // a timed call on a worker that takes longer is counted as slow
  Identity identity = process_identity();
};

}  // namespace tenon::host
