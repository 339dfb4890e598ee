#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admin/session_source.h"
#include "base/clock.h"

namespace tenon::admin {

// What is to be traced: packets of clients that all of what is said holds for.
struct TraceOrder {
  std::string client;   // '*' for any text; empty: any
  std::string topic;    // a topic filter; empty: any
  std::string address;  // or "192.0.2.0/24"; empty: any
  std::uint32_t lines_max = 1000;
  std::uint32_t bytes_max = 256 * 1024;
  std::uint32_t duration_s = 60;
  std::string by;
};

// A trace that was begun through this node.
struct TraceStatus {
  std::string id;
  TraceOrder order;
  UnixMs begun_ms = 0;
  UnixMs until_ms = 0;
  std::string state;             // "running", or what has ended it: "lines", "bytes", "time", "operator"
  std::uint64_t line_count = 0;  // on all nodes
  std::uint64_t byte_count = 0;
};

struct TraceLine {
  std::string node;
  UnixMs at_ms = 0;
  std::string way;  // "received", "sent", "event"
  std::string client_id;
  std::string address;
  std::string text;
};

struct TracePage {
  TraceStatus trace;
  std::vector<TraceLine> lines;            // by their times
  std::optional<std::string> cursor;       // empty: it is over, and this was the last of it
  std::vector<std::string> missing_nodes;  // that have not answered, or do not have the trace
};

// Traces of the whole cluster. Any thread. not_found: there is no such trace, or no more.
class TraceSource {
 public:
  virtual ~TraceSource() = default;
  virtual void start(const TraceOrder& order, Then<TraceStatus> then) = 0;
  virtual void list(Then<std::vector<TraceStatus>> then) = 0;
  // At most `limit` lines of each node.
  virtual void show(const std::string& id, const std::string& cursor, std::uint32_t limit,
                    Then<TracePage> then) = 0;
  virtual void stop(const std::string& id, Then<TraceStatus> then) = 0;
};

}  // namespace tenon::admin
