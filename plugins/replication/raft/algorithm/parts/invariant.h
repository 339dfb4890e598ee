#pragma once

namespace tenon::raft {

// Thrown when the state of one group can't be right; Group turns it into poison. `reason` is a sentence with
// static storage, without a full stop.
struct Broken {
  const char* reason;
};

}  // namespace tenon::raft

// Stays on in release builds. The group is unusable afterwards, nothing else is.
#define TENON_RAFT_INVARIANT(condition, reason) \
  do {                                          \
    if (!(condition)) [[unlikely]]              \
      throw ::tenon::raft::Broken{reason};      \
  } while (0)
