#include "driver/role_log.h"

#include <string>
#include <utility>

namespace tenon::raft {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::uint32_t lines_per_second_max = 20;

}  // namespace

void RoleLog::tick(std::int64_t now_mono_ns) {
  if (now_mono_ns - second_ns_ < second_ns) return;
  second_ns_ = now_mono_ns;
  written_ = 0;
  if (const std::uint64_t count = std::exchange(left_out_, 0))
    log_.info("raft.lines_left_out", "more happened in groups than the log shows",
              {{"count", std::to_string(count)}});
}

void RoleLog::write(std::uint32_t level, std::string_view event, std::string_view message,
                    tenon_group_id group, std::uint64_t term, std::string_view reason) {
  if (!log_.enabled(level)) return;
  if (written_ >= lines_per_second_max) {
    ++left_out_;
    return;
  }
  ++written_;
  log_.write(level, event, message,
             {{"range", std::to_string(group.range)},
              {"incarnation", std::to_string(group.incarnation)},
              {"term", std::to_string(term)},
              {"reason", reason}});
}

}  // namespace tenon::raft
