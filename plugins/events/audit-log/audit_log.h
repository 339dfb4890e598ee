#pragma once

#include <cstdint>
#include <memory>

#include <tenon/health.hpp>
#include <tenon/kind/events.hpp>

#include "options.h"
#include "rotating_file.h"
#include "shared/published.h"

namespace tenon::audit_log {

// Writes what clients do to a file, a line of JSON for each event. README.md is the manual.
class AuditLog : public sdk::EventsPlugin<AuditLog> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_CONFIG_ID, nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "tenon.events-audit-log",
      .name = "audit-log",
      .version = TENON_VERSION,
      .config_schema_json = options_schema,
      .requires_host = required_tables,
  };

  using EventsPlugin::EventsPlugin;

  void init();
  tenon_status reconfigure();
  sdk::EventWishes wishes() const;
  void deliver(const sdk::EventBatch& events, std::uint64_t dropped);

 private:
  // A file that can be written is made by this.
  void take_options();

  sdk::Health health_;
  Published<Options> options_;
  // The observer's thread.
  Published<Options>::Reader newest_{options_};
  std::shared_ptr<const Options> used_;  // what file_ is made with
  std::unique_ptr<RotatingFile> file_;
  bool is_degraded_ = false;
};

}  // namespace tenon::audit_log
