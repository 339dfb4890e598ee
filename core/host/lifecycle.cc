#include "host/lifecycle.h"

#include <array>
#include <cstddef>

namespace tenon::host {
namespace {

struct Row {
  Life life;
  std::string_view name;
  std::uint8_t next;  // bit per Life
};

constexpr std::uint8_t bit(Life life) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(life));
}

constexpr std::array<Row, 6> rows{{
    {Life::made, "made", bit(Life::ready) | bit(Life::failed)},
    {Life::ready, "ready", bit(Life::active) | bit(Life::failed)},
    {Life::active, "active", bit(Life::quiescing)},
    {Life::quiescing, "quiescing", bit(Life::stopped)},
    {Life::stopped, "stopped", bit(Life::ready) | bit(Life::failed)},
    {Life::failed, "failed", 0},
}};

}  // namespace

std::string_view to_string(Life life) {
  return rows[static_cast<std::size_t>(life)].name;
}

bool may_follow(Life from, Life to) {
  return (rows[static_cast<std::size_t>(from)].next & bit(to)) != 0;
}

}  // namespace tenon::host
