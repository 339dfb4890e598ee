#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "broker/bans/address_range.h"
#include "broker/trace/packet_line.h"
#include "service/form.h"

namespace tenon::broker {

// What a trace looks at: whatever all of them say that are not empty.
struct TraceFilter {
  std::string client_id;  // as matches_pattern()
  std::string topic;      // a topic filter: PUBLISH to what it matches, and who subscribes to such
  std::string address;    // an AddressRange

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.client_id, s.topic, s.address);
  }
};

// It ends when one of them is reached.
struct TraceLimits {
  std::uint32_t lines_max = 1000;
  std::uint32_t bytes_max = 256 * 1024;  // of texts
  UnixMs until_ms = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.lines_max, s.bytes_max, s.until_ms);
  }
};

enum class TraceState : std::uint8_t { running, lines_full, bytes_full, time_over, stopped };
// "running", "lines", "bytes", "time", "operator".
std::string_view to_string(TraceState state);

enum class TraceWay : std::uint8_t { received, sent, event };

struct TraceLine {
  UnixMs at_ms = 0;
  TraceWay way = TraceWay::event;
  std::string client_id;
  std::string address;  // "192.0.2.1:1234"
  std::string text;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.at_ms, s.way, s.client_id, s.address, s.text);
  }
};

// Part of a trace from a line on.
struct TracePart {
  TraceState state = TraceState::running;
  std::uint64_t line_count = 0;  // of all so far
  std::uint64_t byte_count = 0;
  std::uint64_t next = 0;  // the first line that is not in here
  std::vector<TraceLine> lines;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.state, s.line_count, s.byte_count, s.next, s.lines);
  }
};

// Whose packet it is.
struct TraceSubject {
  std::string_view client_id;
  std::uint32_t family = 0;  // TENON_PEER_*
  const std::array<std::uint8_t, 16>& address;
  std::uint16_t port = 0;
};

// The traces of a node: what they have seen, bounded by each one's limits and by how many there are.
// Any thread. While none runs, is_on() is all that anybody pays.
class Traces {
 public:
  static constexpr std::size_t count_max = 8;
  static constexpr std::uint32_t lines_limit = 10'000;
  static constexpr std::uint32_t bytes_limit = 4u << 20;

  bool is_on() const { return is_on_.load(std::memory_order_relaxed); }

  // False: as many as there may be are running. One that is over makes way. REQUIRES: the filter's parts are
  // well-formed, and not all are empty.
  bool start(std::uint64_t id, const TraceFilter& filter, const TraceLimits& limits);
  // False: there is none of this id.
  bool stop(std::uint64_t id);
  // Ends those whose time is over. Now and then.
  void tick(UnixMs now_ms);
  // At most `count_max` lines from `from` on; empty: there is none of this id.
  std::optional<TracePart> read(std::uint64_t id, std::uint64_t from, std::size_t count_max) const;

  // A packet of the client, or of a connection that is none's yet.
  void note(const TraceSubject& subject, const session::PacketSeen& seen, mqtt::Version version,
            UnixMs now_ms);
  // Something else that happened to it.
  void note_event(const TraceSubject& subject, std::string_view text, UnixMs now_ms);

 private:
  struct Trace {
    std::uint64_t id = 0;
    TraceFilter filter;
    std::optional<AddressRange> range;
    TraceLimits limits;
    TraceState state = TraceState::running;
    std::uint64_t byte_count = 0;
    std::vector<TraceLine> lines;
  };
  bool wants(const Trace& trace, const TraceSubject& subject, std::string_view client_id) const;
  void add(Trace& trace, const TraceLine& line);
  void look_whether_on();

  std::atomic<bool> is_on_{false};
  mutable std::mutex mutex_;
  std::deque<Trace> traces_;  // the oldest first
};

}  // namespace tenon::broker

namespace tenon::service {

template <>
inline constexpr std::uint8_t enum_max<broker::TraceState> = 4;
template <>
inline constexpr std::uint8_t enum_max<broker::TraceWay> = 2;

}  // namespace tenon::service
