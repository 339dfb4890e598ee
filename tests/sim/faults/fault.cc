#include "sim/faults/fault.h"

#include <array>

namespace tenon::sim {
namespace {

// In the order of FaultKind.
constexpr std::array<std::string_view, 26> words = {
    "kill",           "power_cut",     "torn_write",   "blackout",       "pause",         "partition",
    "one_way",        "link_break",    "slow_network", "slow_disk",      "disk_full",     "sync_error",
    "write_error",    "date_jump",     "drift",        "strike_leader",  "strike_voter",  "transfer",
    "change_members", "strike_change", "read_points",  "damage_journal", "lose_majority", "split",
    "merge",          "silence"};
static_assert(words.size() == static_cast<std::size_t>(FaultKind::silence) + 1);

}  // namespace

std::string_view to_string(FaultKind kind) {
  return words[static_cast<std::size_t>(kind)];
}

bool from_string(std::string_view word, FaultKind& ret_kind) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != word) continue;
    ret_kind = static_cast<FaultKind>(i);
    return true;
  }
  return false;
}

}  // namespace tenon::sim
