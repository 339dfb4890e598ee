#include "websocket_filter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "origin.h"
#include "shared/option_failure.h"
#include "upgrade.h"

namespace tenon::filter_websocket {
namespace {

constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::size_t spans_max = 128;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Codes that a peer may send; the others are reserved or made up by a library.
bool is_close_code(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::vector<std::string> read_origins(const sdk::Config& options) {
  std::vector<std::string> origins;
  for (std::uint32_t i = 0; i < options.count("origins"); ++i) {
    const std::string path = "origins." + std::to_string(i);
    origins.emplace_back(options.require_text(path.c_str()));
    if (!is_origin(origins.back()))
      shared::fail_option(
          options, path,
          "is \"" + origins.back() + "\"; it must be \"null\" or scheme://host[:port] without a path");
  }
  return origins;
}

}  // namespace

tenon_status WebSocketConn::receive(std::span<const std::uint8_t> bytes, std::uint64_t* ret_taken) {
  std::size_t at = 0;
  tenon_status status = TENON_OK;
  if (!is_open_) status = receive_head(bytes, at);
  if (status == TENON_OK && is_open_) status = receive_frames(bytes, at);
  *ret_taken = at;
  return status;
}

tenon_status WebSocketConn::receive_head(std::span<const std::uint8_t> bytes, std::size_t& at) {
  const std::size_t before = head_.size();
  const std::size_t len = std::min(bytes.size(), options_.head_bytes_max - before);
  head_.append(reinterpret_cast<const char*>(bytes.data()), len);
  const std::size_t end = head_.find(head_end, before < 3 ? 0 : before - 3);
  at = len;
  if (end == std::string::npos && head_.size() < options_.head_bytes_max) return TENON_OK;
  const Upgrade upgrade = end == std::string::npos
                              ? refuse_long_head()
                              : answer_upgrade(std::string_view(head_).substr(0, end + head_end.size()),
                                               options_.path, options_.origins);
  link_.put(bytes_of(upgrade.answer));
  if (!upgrade.ok) {
    counters_.upgrades_refused.add();
    return link_.refuse(TENON_E_INVALID, upgrade.why);
  }
  at = end + head_end.size() - before;
  head_ = {};
  is_open_ = true;
  counters_.upgrades.add();
  link_.fact(TENON_FACT_SUBPROTOCOL, upgrade.subprotocol);
  return link_.ready();
}

tenon_status WebSocketConn::receive_frames(std::span<const std::uint8_t> bytes, std::size_t& at) {
  if (is_closing_) return on_control();
  Gathered gathered;
  for (;;) {
    switch (frames_.next(bytes, at)) {
      case FrameReader::What::more:
        return pass_on(gathered);
      case FrameReader::What::payload:
        if (const tenon_status status = gather(bytes, at, gathered); status != TENON_OK) return status;
        break;
      case FrameReader::What::control:
        if (frames_.opcode() == Opcode::close) {
          const tenon_status status = pass_on(gathered);
          // It is answered when what came before it has been taken.
          is_closing_ = status == TENON_AGAIN;
          if (status != TENON_OK) return status;
        }
        if (const tenon_status status = on_control(); status != TENON_OK) return status;
        break;
      case FrameReader::What::wrong:
        if (const tenon_status status = pass_on(gathered); status < 0) return status;
        counters_.frames_refused.add();
        put_close(frames_.code());
        return link_.refuse(TENON_E_INVALID, frames_.why());
    }
  }
}

// Payload of several frames goes up at once: what is above makes room anew for each piece that it gets.
tenon_status WebSocketConn::gather(std::span<const std::uint8_t> bytes, std::size_t& at, Gathered& gathered) {
  if (gathered.space.empty()) gathered.space = link_.rx_reserve();
  const std::span<std::uint8_t> left = gathered.space.subspan(gathered.len);
  const std::size_t len = std::min(left.size(), frames_.payload_bytes(bytes, at));
  frames_.unmask(bytes.data() + at, left.data(), len);
  at += len;
  gathered.len += len;
  return len == left.size() ? pass_on(gathered) : TENON_OK;
}

tenon_status WebSocketConn::pass_on(Gathered& gathered) {
  if (gathered.space.empty()) return TENON_OK;
  return link_.rx_commit(std::exchange(gathered, {}).len);
}

tenon_status WebSocketConn::on_control() {
  const std::span<const std::uint8_t> payload = frames_.control_payload();
  if (frames_.opcode() == Opcode::ping) {
    counters_.pings.add();
    put_control(Opcode::pong, payload);
  }
  if (frames_.opcode() != Opcode::close) return TENON_OK;
  const unsigned code = payload.size() >= 2 ? static_cast<unsigned>(payload[0] << 8 | payload[1]) : 1000;
  if (payload.size() == 1 || !is_close_code(code)) {
    counters_.frames_refused.add();
    put_close(CloseCode::protocol_error);
    return link_.refuse(TENON_E_INVALID, "a closing frame with a wrong code");
  }
  put_control(Opcode::close, payload.first(std::min<std::size_t>(payload.size(), 2)));
  return TENON_E_CLOSED;
}

void WebSocketConn::put_control(Opcode opcode, std::span<const std::uint8_t> payload) {
  const std::array<std::uint8_t, 2> head{static_cast<std::uint8_t>(0x80 | static_cast<unsigned>(opcode)),
                                         static_cast<std::uint8_t>(payload.size())};
  const std::array<tenon_bytes, 2> spans{{{head.data(), head.size()}, {payload.data(), payload.size()}}};
  link_.put(std::span(spans).first(payload.empty() ? 1 : 2));
}

void WebSocketConn::put_close(CloseCode code) {
  const auto number = static_cast<std::uint16_t>(code);
  const std::array<std::uint8_t, 2> payload{static_cast<std::uint8_t>(number >> 8),
                                            static_cast<std::uint8_t>(number & 0xFF)};
  put_control(Opcode::close, payload);
}

// One binary frame for all of it, in front of the bytes, which stay where they are.
tenon_status WebSocketConn::send_v(std::span<const tenon_bytes> spans) {
  std::uint64_t len = 0;
  for (const tenon_bytes& span : spans) len += span.len;
  if (len == 0) return TENON_OK;
  if (spans.size() >= spans_max) return link_.refuse(TENON_E_INTERNAL, "too many pieces at once");
  std::array<std::uint8_t, 10> head{0x82};
  std::size_t head_bytes = 2;
  const auto write_len = [&](unsigned mark, std::size_t len_bytes) {
    head[1] = static_cast<std::uint8_t>(mark);
    for (std::size_t i = 0; i < len_bytes; ++i)
      head[2 + i] = static_cast<std::uint8_t>(len >> 8 * (len_bytes - 1 - i));
    head_bytes += len_bytes;
  };
  if (len < 126)
    write_len(static_cast<unsigned>(len), 0);
  else if (len < 65536)
    write_len(126, 2);
  else
    write_len(127, 8);
  std::array<tenon_bytes, spans_max> out;
  out[0] = {head.data(), head_bytes};
  std::copy(spans.begin(), spans.end(), out.begin() + 1);
  link_.put(std::span(out).first(spans.size() + 1));
  return TENON_OK;
}

void WebSocketConn::finish() {
  if (is_open_) put_close(CloseCode::normal);
}

void WebSocketFilter::init() {
  const sdk::Config options = config();
  options_.path = options.text_or("path", options_.path);
  if (!options_.path.starts_with('/'))
    throw sdk::Failure(TENON_E_INVALID, "option \"path\" must begin with /");
  options_.origins = read_origins(options);
  options_.head_bytes_max = static_cast<std::size_t>(
      options.integer_or("header_bytes_max", static_cast<std::int64_t>(options_.head_bytes_max)));
  const auto bytes = [&](const char* name, std::uint64_t otherwise) {
    return static_cast<std::uint64_t>(options.integer_or(name, static_cast<std::int64_t>(otherwise)));
  };
  options_.limits.frame_bytes_max = bytes("frame_bytes_max", options_.limits.frame_bytes_max);
  options_.limits.message_bytes_max = bytes("message_bytes_max", options_.limits.message_bytes_max);
  counters_.upgrades = metrics().counter("upgrades_total", "WebSockets that were opened.");
  counters_.upgrades_refused =
      metrics().counter("upgrades_refused_total", "HTTP requests that were refused.");
  counters_.frames_refused =
      metrics().counter("frames_refused_total", "Links closed for a frame that broke the rules.");
  counters_.pings = metrics().counter("pings_total", "Pings that were answered.");
}

WebSocketConn* WebSocketFilter::open(std::uint32_t, std::uint32_t role, const sdk::FilterLink& link) {
  if (role != TENON_ROLE_SERVER)
    throw sdk::Failure(TENON_E_UNSUPPORTED, "the filter is the server's side of a WebSocket only");
  return new WebSocketConn(link, options_, counters_);
}

}  // namespace tenon::filter_websocket
