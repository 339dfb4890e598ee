#pragma once

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace tenon::raft {

class Member;

// Which members have something to do: those that the next turn looks at, and those that time passes for. A
// member in neither costs nothing.
class Schedule {
 public:
  // The schedule's own part of a member.
  struct Place {
    static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();
    std::size_t due = nowhere;    // in due_
    std::size_t awake = nowhere;  // in awake_
  };

  // The next turn looks at the member.
  void touch(Member& member);
  void set_awake(Member& member, bool awake);
  void forget(Member& member);

  // Those that are due, which are not from then on. Null where one was forgotten since.
  std::vector<Member*> take_due();
  bool has_due() const { return !due_.empty(); }

  const std::vector<Member*>& awake() const { return awake_; }

 private:
  std::vector<Member*> due_;
  std::vector<Member*> awake_;
};

}  // namespace tenon::raft
