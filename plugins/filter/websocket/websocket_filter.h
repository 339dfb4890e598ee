#pragma once

#include <string>
#include <vector>

#include <tenon/filter.hpp>

#include "frame_reader.h"

namespace tenon::filter_websocket {

// The options of the plugin, as README.md explains them.
struct Options {
  std::string path = "/mqtt";
  std::vector<std::string> origins;  // empty: all
  std::size_t head_bytes_max = 8192;
  FrameLimits limits{16u << 20, 64u << 20};
};

// What the plugin counts.
struct Counters {
  sdk::Metric upgrades;
  sdk::Metric upgrades_refused;
  sdk::Metric frames_refused;
  sdk::Metric pings;
};

// One link: the HTTP request that opens it, then frames both ways.
class WebSocketConn {
 public:
  // `options` and `counters` outlive it.
  WebSocketConn(const sdk::FilterLink& link, const Options& options, const Counters& counters)
      : link_(link), options_(options), counters_(counters), frames_(options.limits) {}

  tenon_status receive(std::span<const std::uint8_t> bytes, std::uint64_t* ret_taken);
  tenon_status send_v(std::span<const tenon_bytes> spans);
  void finish();

 private:
  tenon_status receive_head(std::span<const std::uint8_t> bytes, std::size_t& at);
  tenon_status receive_frames(std::span<const std::uint8_t> bytes, std::size_t& at);
  // Payload that is not passed on yet.
  struct Gathered {
    std::span<std::uint8_t> space;  // where it stands; empty: there is none
    std::size_t len = 0;
  };
  tenon_status gather(std::span<const std::uint8_t> bytes, std::size_t& at, Gathered& gathered);
  tenon_status pass_on(Gathered& gathered);
  tenon_status on_control();
  void put_control(Opcode opcode, std::span<const std::uint8_t> payload);
  void put_close(CloseCode code);

  const sdk::FilterLink link_;
  const Options& options_;
  const Counters& counters_;
  std::string head_;  // the HTTP request so far
  FrameReader frames_;
  bool is_open_ = false;
  bool is_closing_ = false;  // a closing frame waits
};

// filter/websocket: MQTT over WebSocket, the server's side of RFC 6455.
class WebSocketFilter final : public sdk::FilterPlugin<WebSocketFilter> {
 public:
  using Conn = WebSocketConn;
  static constexpr const char* required_tables[] = {TENON_HOST_CONFIG_ID, nullptr};
  static constexpr sdk::PluginInfo info{
      .id = "tenon.filter-websocket",
      .name = "websocket",
      .version = TENON_VERSION,
      .config_schema_json = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "path": {"type": "string", "minLength": 1, "maxLength": 256, "default": "/mqtt",
      "description": "The path that is served; a query behind it is ignored."},
    "origins": {"type": "array", "maxItems": 1000, "default": [],
      "items": {"type": "string", "minLength": 1, "maxLength": 512},
      "description": "Whose pages may connect: what their browsers say as Origin, scheme://host[:port] or null. Empty: all."},
    "header_bytes_max": {"type": "integer", "minimum": 512, "maximum": 65536, "default": 8192,
      "description": "The longest HTTP request that is read."},
    "frame_bytes_max": {"type": "integer", "minimum": 125, "maximum": 1073741824, "default": 16777216,
      "description": "The longest frame that a client may send."},
    "message_bytes_max": {"type": "integer", "minimum": 125, "maximum": 1073741824, "default": 67108864,
      "description": "The longest message that a client may send, all its fragments together."}
  }
})",
      .requires_host = required_tables,
  };
  static constexpr std::uint32_t place = TENON_PLACE_FRAMING;

  explicit WebSocketFilter(const tenon_host* host) : FilterPlugin(host) {}
  void init();
  Conn* open(std::uint32_t worker, std::uint32_t role, const sdk::FilterLink& link);

 private:
  Options options_;
  Counters counters_;
};

}  // namespace tenon::filter_websocket
