#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "broker/remote/remote_wire.h"
#include "broker/trace/traces.h"

// What an operator's node asks all nodes about traces, and what they answer.

namespace tenon::node {

enum class TraceAction : std::uint8_t { start = 0, read = 1, stop = 2 };

// From which line on a node is to tell.
struct TracePlace {
  std::uint64_t node = 0;
  std::uint64_t from = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.node, s.from);
  }
};

struct TraceQuestion {
  TraceAction action = TraceAction::read;
  std::uint64_t id = 0;
  broker::TraceFilter filter;      // of a start
  broker::TraceLimits limits;      // of a start; until_ms counts from now on: clocks differ
  std::vector<TracePlace> places;  // of a read; a node that is not among them tells from its first line on
  std::uint32_t count_max = 0;     // of a read

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.action, s.id, s.filter, s.limits, s.places, s.count_max);
  }
};

struct TraceAnswer {
  bool is_there = false;  // of a start: it was begun
  broker::TracePart part;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.is_there, s.part);
  }
};

// A page's cursor.
struct TraceCursor {
  std::vector<TracePlace> places;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.places);
  }
};

}  // namespace tenon::node

namespace tenon::service {

template <>
inline constexpr std::uint8_t enum_max<node::TraceAction> = 2;

}  // namespace tenon::service
