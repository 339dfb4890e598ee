/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/abi/module.h>

#include <memory>
#include <string_view>
#include <type_traits>

#include <tenon/async.hpp>
#include <tenon/config.hpp>
#include <tenon/failure.hpp>
#include <tenon/health.hpp>
#include <tenon/log.hpp>
#include <tenon/metrics.hpp>

TENON_SDK_BEGIN

// The default of PluginInfo.requires_host. Not a null pointer, which constant expressions can't be compared
// with under some sanitizers.
inline constexpr const char* const no_host_tables[] = {nullptr};

// What a plugin class says about itself, in its `static constexpr PluginInfo info`.
struct PluginInfo {
  const char* id = nullptr;       // unique in the world: "com.example.auth-ldap"
  const char* name = nullptr;     // as conf.d says it: "ldap"
  const char* version = nullptr;  // of the plugin
  const char* config_schema_json = nullptr;
  // Null-terminated; draft tables are offered only when listed here.
  const char* const* requires_host = no_host_tables;
  std::uint32_t max_inflight = 0;
  std::uint32_t flags = 0;
};

// Base of a plugin class; use the one of its kind (AuthPlugin, TransportPlugin, StoragePlugin, LogPlugin,
// ReplicationPlugin, BalancerPlugin), which derives from it.
//
// Derived has a constructor Derived(const tenon_host*), in which only the log may be used, and may have any
// of these; what it lacks is a null member of the C table:
//   void init()                      [setup]   reads options, declares metrics
//   void activate()                  [setup]
//   struct Worker                    state of one worker, made as Worker(Derived&, std::uint32_t worker)
//   tenon_status reconfigure()       [setup]   TENON_OK or TENON_NEEDS_RESTART
//   tenon_status quiesce(tenon_op)   [setup]   TENON_OK: nothing is in flight
//   void deactivate() noexcept       [setup]
// init, activate, reconfigure and Worker's constructor throw a Failure to fail. The destructor is `destroy`.
template <class Derived>
class Plugin {
 public:
  explicit Plugin(const tenon_host* host) : log_(host), host_(host) {}
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  // tenon_plugin_descriptor.create
  static tenon_status create(const tenon_host* host, tenon_plugin** ret_plugin, tenon_error* error) noexcept {
    return guarded(error, [&] {
      auto made = std::make_unique<Derived>(host);
      made->fill_table();
      *ret_plugin = &made.release()->table_;
    });
  }

  static Derived& self(tenon_plugin* plugin) { return *static_cast<Derived*>(plugin->plugin_data); }

 protected:
  ~Plugin() = default;

  const tenon_host* host() const { return host_; }
  const Log& log() const { return log_; }
  // Made anew at each call: for init.
  Config config() const { return Config(host_); }
  Metrics metrics() const { return Metrics(host_); }

 private:
  static constexpr bool has_worker = requires { typename Derived::Worker; };

  static tenon_status init_fn(tenon_plugin* plugin, tenon_error* error) noexcept {
    return guarded(error, [&] {
      if constexpr (requires(Derived & d) { d.init(); }) self(plugin).init();
    });
  }
  static const void* interface_fn(tenon_plugin* plugin, const char* id) noexcept {
    return id ? self(plugin).table_for(id) : nullptr;
  }
  static void destroy_fn(tenon_plugin* plugin) noexcept { delete &self(plugin); }

  void fill_table() {
    table_.struct_size = sizeof table_;
    table_.plugin_data = static_cast<Derived*>(this);
    table_.init = init_fn;
    table_.destroy = destroy_fn;
    table_.get_interface = interface_fn;
    fill_start_and_stop();
    fill_worker();
    if constexpr (requires(Derived & d) { d.reconfigure(); })
      table_.reconfigure = [](tenon_plugin* p, tenon_error* error) noexcept {
        return guarded(error, [&] { return self(p).reconfigure(); });
      };
    if constexpr (requires(Derived & d) { d.quiesce(tenon_op{}); })
      table_.quiesce = [](tenon_plugin* p, tenon_op op) noexcept {
        return guarded(nullptr, [&] { return self(p).quiesce(op); });
      };
  }
  void fill_start_and_stop() {
    if constexpr (requires(Derived & d) { d.activate(); })
      table_.activate = [](tenon_plugin* p, tenon_error* error) noexcept {
        return guarded(error, [&] { self(p).activate(); });
      };
    if constexpr (requires(Derived & d) { d.deactivate(); })
      table_.deactivate = [](tenon_plugin* p) noexcept { guarded_void([&] { self(p).deactivate(); }); };
  }
  void fill_worker() {
    if constexpr (requires { typename Derived::Worker; }) {
      using Worker = typename Derived::Worker;
      table_.worker_start = [](tenon_plugin* p, std::uint32_t worker, void** ret_ctx,
                               tenon_error* error) noexcept {
        return guarded(error, [&] { *ret_ctx = new Worker(self(p), worker); });
      };
      table_.worker_stop = [](tenon_plugin*, void* ctx) noexcept { delete static_cast<Worker*>(ctx); };
    }
  }

  tenon_plugin table_{};
  Log log_;
  const tenon_host* host_;
};

TENON_SDK_END
