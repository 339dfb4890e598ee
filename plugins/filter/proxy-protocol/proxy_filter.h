#pragma once

#include <array>
#include <memory>

#include <tenon/filter.hpp>

#include "header.h"

namespace tenon::filter_proxy {

// The PROXY header of one link, and then nothing more: the filter steps aside.
class ProxyConn {
 public:
  ProxyConn(const sdk::FilterLink& link, const sdk::Metric& headers, const sdk::Metric& refused)
      : link_(link), headers_(headers), refused_(refused) {}

  tenon_status receive(std::span<const std::uint8_t> bytes, std::uint64_t* ret_taken);
  tenon_status send_v(std::span<const tenon_bytes> spans);
  void finish() {}

 private:
  const sdk::FilterLink link_;
  const sdk::Metric& headers_;
  const sdk::Metric& refused_;
  std::array<std::uint8_t, header_bytes_max> head_;
  std::size_t head_bytes_ = 0;
  bool is_over_ = false;
};

// filter/proxy-protocol: the address of the peer as a proxy in front of the broker tells it.
class ProxyFilter final : public sdk::FilterPlugin<ProxyFilter> {
 public:
  using Conn = ProxyConn;
  static constexpr sdk::PluginInfo info{
      .id = "tenon.filter-proxy-protocol",
      .name = "proxy-protocol",
      .version = TENON_VERSION,
      .config_schema_json = R"({"type": "object", "additionalProperties": false, "properties": {}})",
  };
  static constexpr std::uint32_t place = TENON_PLACE_ADDRESS;

  explicit ProxyFilter(const tenon_host* host) : FilterPlugin(host) {}
  void init();
  Conn* open(std::uint32_t worker, std::uint32_t role, const sdk::FilterLink& link);

 private:
  sdk::Metric headers_;
  sdk::Metric refused_;
};

}  // namespace tenon::filter_proxy
