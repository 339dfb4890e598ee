#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "load/stats/histogram.h"

namespace tenon::load {

// The figures of one run, in the order in which they were added. A name with a dot, "latency_us.p50", belongs
// to the group before the dot; a group's figures are added one after another.
class Report {
 public:
  using Value = std::variant<std::int64_t, double, bool, std::string>;

  void add(std::string name, double value) { put(std::move(name), value); }
  void add(std::string name, std::int64_t value) { put(std::move(name), value); }
  void add(std::string name, std::uint64_t value) { put(std::move(name), static_cast<std::int64_t>(value)); }
  void add(std::string name, bool value) { put(std::move(name), value); }
  void add(std::string name, std::string value) { put(std::move(name), std::move(value)); }

  // Adds count, mean, p50, p90, p99, p99.9 and max of nanoseconds as microseconds, in group `group`.
  void add_latencies(const std::string& group, const Histogram& histogram);

  // One JSON object on one line, a group being an object inside. Not-a-number and infinity become null.
  std::string to_json() const;

  // A column of names and one of values, a line each.
  std::string to_table() const;

 private:
  void put(std::string name, Value value) { figures_.emplace_back(std::move(name), std::move(value)); }

  std::vector<std::pair<std::string, Value>> figures_;
};

// `text` between quotation marks, escaped as JSON (RFC 8259 section 7).
std::string json_string(std::string_view text);

}  // namespace tenon::load
