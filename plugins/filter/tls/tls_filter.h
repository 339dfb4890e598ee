#pragma once

#include <array>
#include <memory>
#include <mutex>

#include <tenon/filter.hpp>

#include "tls_conn.h"

namespace tenon::filter_tls {

// filter/tls: TLS 1.2 and 1.3 for links that others open, and for those that this node opens.
class TlsFilter final : public sdk::FilterPlugin<TlsFilter> {
 public:
  using Conn = TlsConn;
  static constexpr const char* required_tables[] = {TENON_HOST_CONFIG_ID, nullptr};
  static constexpr sdk::PluginInfo info{
      .id = "tenon.filter-tls",
      .name = "tls",
      .version = TENON_VERSION,
      .config_schema_json = options_schema,
      .requires_host = required_tables,
  };
  static constexpr std::uint32_t place = TENON_PLACE_CIPHER;

  struct Worker {
    Worker(TlsFilter& plugin, std::uint32_t worker);
    ~Worker();
    TlsFilter& plugin;
    const std::uint32_t index;
    WorkerBuffers buffers;
  };

  explicit TlsFilter(const tenon_host* host) : FilterPlugin(host) {}
  void init();
  // Reads the options and all files anew. Links keep what they have; those that come get the new.
  tenon_status reconfigure();
  Conn* open(std::uint32_t worker, std::uint32_t role, const sdk::FilterLink& link);

 private:
  static constexpr std::uint32_t workers_max = 1024;

  void publish(std::shared_ptr<const TlsContext> context);
  std::shared_ptr<const TlsContext> context() const;

  Counters counters_;
  sdk::Metric certificate_end_;
  std::array<Worker*, workers_max> workers_{};  // each written by its own thread
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;  // under mutex_
};

}  // namespace tenon::filter_tls
