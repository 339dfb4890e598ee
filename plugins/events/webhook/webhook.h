#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <tenon/health.hpp>
#include <tenon/kind/events.hpp>
#include <tenon/metrics.hpp>

#include "options.h"
#include "shared/http/exchange.h"
#include "shared/published.h"

namespace tenon::webhook {

// Posts what clients do to a service, as JSON. README.md is the manual.
class Webhook : public sdk::EventsPlugin<Webhook> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_CONFIG_ID, nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "tenon.events-webhook",
      .name = "webhook",
      .version = TENON_VERSION,
      .config_schema_json = options_schema,
      .requires_host = required_tables,
  };

  using EventsPlugin::EventsPlugin;

  void init();
  tenon_status reconfigure();
  sdk::EventWishes wishes() const;
  void deliver(const sdk::EventBatch& events, std::uint64_t dropped);
  void deactivate() noexcept;

 private:
  // All that batches are posted with at one moment.
  struct Setup {
    Options options;
    http::Service service;
  };
  using Time = std::chrono::steady_clock::time_point;

  void take_options();
  void declare_metrics();
  // The status of the answer; empty, with the reason: there was none that can be read.
  std::optional<int> post(const std::string& body, std::string& ret_why);
  void on_taken();
  [[noreturn]] void on_refused(int status);
  // It is to come again, or has been tried for long enough.
  [[noreturn]] void on_trouble(const std::string& why);
  void end_batch();

  sdk::Health health_;
  sdk::Metric taken_count_, again_count_, refused_count_, given_up_count_;
  Published<Setup> setup_;
  // The observer's thread.
  Published<Setup>::Reader newest_{setup_};
  std::shared_ptr<const Setup> used_;  // what exchange_ is connected by
  http::Exchange exchange_;
  std::int64_t first_unix_ms_ = 0;  // of the first event of all
  std::uint64_t batch_number_ = 0;
  std::optional<Time> troubled_since_;  // the batch that is tried
  bool is_degraded_ = false;
};

}  // namespace tenon::webhook
