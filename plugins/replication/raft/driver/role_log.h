#pragma once

#include <tenon/draft/log.h>
#include <tenon/log.hpp>

#include <cstdint>
#include <string_view>

namespace tenon::raft {

// Log lines about single groups, of which a node has thousands: at most so many in a second, and then how
// many were left out.
class RoleLog {
 public:
  explicit RoleLog(const sdk::Log& log) : log_(log) {}

  void tick(std::int64_t now_mono_ns);
  // `level` is TENON_LOG_*; `term` 0 is left out.
  void write(std::uint32_t level, std::string_view event, std::string_view message, tenon_group_id group,
             std::uint64_t term, std::string_view reason = {});

 private:
  sdk::Log log_;
  std::int64_t second_ns_ = 0;  // when the present second began
  std::uint32_t written_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace tenon::raft
