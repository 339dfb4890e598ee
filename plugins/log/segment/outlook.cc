#include "segment/outlook.h"

#include <string>

#include <tenon/failure.hpp>

namespace tenon::segment_log {
namespace {

constexpr std::uint32_t known_flags = TENON_LOG_SET_HARD_STATE | TENON_LOG_SET_BASE | TENON_LOG_REMOVE;

[[noreturn]] void refuse(const tenon_log_write& write, const std::string& why) {
  throw sdk::Failure(TENON_E_INVALID, "group " + std::to_string(write.group.range) + "." +
                                          std::to_string(write.group.incarnation) + ": " + why);
}

void check_entries(const tenon_log_write& write, const Outlook::State& state) {
  const std::uint64_t first = write.entries[0].at.index;
  if (first <= state.base.index || first > state.last + 1)
    refuse(write, "entry " + std::to_string(first) + " does not fit a log of " +
                      std::to_string(state.base.index + 1) + " to " + std::to_string(state.last));
  for (std::uint32_t i = 0; i < write.entry_count; ++i)
    if (write.entries[i].at.index != first + i) refuse(write, "the indexes of entries are not consecutive");
}

}  // namespace

bool Outlook::take(const tenon_log_write& write) {
  if ((write.flags & ~known_flags) != 0) refuse(write, "unknown flags");
  State& state = of(write.group);
  if ((write.flags & TENON_LOG_REMOVE) != 0) {
    const bool existed = state.exists;
    const std::uint32_t number = state.number + 1;
    state = {};
    state.number = number;
    return existed;
  }
  if (state.is_damaged)
    throw sdk::Failure(TENON_E_CORRUPT, "group " + std::to_string(write.group.range) + "." +
                                            std::to_string(write.group.incarnation) +
                                            " is damaged; remove it, and rebuild it from its peers");
  if (!state.exists) state = {true, false, {}, 0, 0};
  if ((write.flags & TENON_LOG_SET_BASE) != 0) {
    state.base = write.base;
    state.last = write.base.index;
  }
  if (write.entry_count > 0) {
    check_entries(write, state);
    state.last = write.entries[write.entry_count - 1].at.index;
  }
  ++state.number;
  return true;
}

}  // namespace tenon::segment_log
