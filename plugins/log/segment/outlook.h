#pragma once

#include <map>

#include "segment/index.h"

namespace tenon::segment_log {

// How the groups will stand once the records of a call are written: a call may write to a group more than
// once.
class Outlook {
 public:
  struct State {
    bool exists = false;
    bool is_damaged = false;
    tenon_log_point base{};
    std::uint64_t last = 0;
    std::uint32_t number = 0;
  };

  explicit Outlook(const Index& index) : index_(index) {}

  State& of(tenon_group_id id) {
    const auto [at, is_new] = states_.try_emplace(id);
    if (is_new) {
      if (const Group* group = index_.find(id))
        at->second = {true, !group->damage().empty(), group->base(), group->last().index, group->number};
    }
    return at->second;
  }
  // Takes a write into account. Throws a Failure with TENON_E_INVALID when it does not fit its log,
  // TENON_E_CORRUPT when the group is damaged. False: there is nothing to write.
  bool take(const tenon_log_write& write);

 private:
  const Index& index_;
  std::map<tenon_group_id, State, IdLess> states_;
};

}  // namespace tenon::segment_log
