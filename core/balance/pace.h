#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "balance/plan.h"
#include "balance/view.h"

namespace tenon::balance {

// How fast commands may follow each other. Times are those of the view.
struct PaceLimits {
  std::int64_t cooldown_ms = 10'000;          // a range rests after a command that was carried out
  std::int64_t settle_ms = 5'000;             // the view may lag behind it for so long
  std::int64_t retry_ms_min = 5'000;          // after one that failed; doubled each time ...
  std::int64_t retry_ms_max = 300'000;        // ... up to this
  std::int64_t flip_window_ms = 600'000;      // within it ...
  std::uint32_t flip_count_max = 3;           // ... a range is brought to the same state so often at most
  std::size_t in_flight_max = 16;             // commands, in all
  std::size_t recoveries_in_flight_max = 64;  // ... and so many where they are recoveries, which can't wait
  std::size_t moves_in_flight_max = 4;        // of those, changes of members: each may copy a state
};

// What was done to each range of late: which ranges have to rest, and which are led to and fro. Pure.
class Pace {
 public:
  explicit Pace(const PaceLimits& limits) : limits_(limits) {}

  // Why the range can't get a command now, in a word: "busy", "cooldown", "retry", "settling"; empty: it can.
  std::string_view held(const ViewRange& range, std::int64_t now_ms) const;
  // Whether too many are under way for this one.
  bool is_full(const Command& command) const;
  // How often within the window the range was brought to the state that the command names. A split counts
  // when a merge was before it, and a merge behind a split: of those that follow each other only the first
  // one.
  std::uint32_t count_of(const Command& command, std::int64_t now_ms) const;
  bool is_flip_flop(const Command& command, std::int64_t now_ms) const {
    return count_of(command, now_ms) >= limits_.flip_count_max;
  }

  // The range as it is going to be: what is under way, or was done and does not show yet, taken as done. One
  // that rests behind a failure is busy: who may ask for a few things only asks others.
  ViewRange expected(const ViewRange& range, std::int64_t now_ms) const;
  bool has_expectations() const { return !ranges_.empty(); }

  void given(const Command& command, std::int64_t now_ms);
  void ended(std::uint64_t range, bool is_done, std::int64_t now_ms);
  // A range whose leader another one was made by nobody's command, as by an election, may be led back.
  void observe(const View& view);
  // Forgets what no rule looks at any more. `now_ms` as in the last view.
  void forget_old(std::int64_t now_ms);
  std::size_t in_flight() const { return in_flight_; }

 private:
  struct Past {
    std::int64_t at_ms = 0;
    std::string state;
  };
  static std::uint32_t count_turns(const std::deque<Past>& past, const std::string& shape,
                                   std::int64_t after_ms);
  struct Range {
    std::optional<Command> under_way;
    std::optional<Command> last;  // that was carried out
    bool has_shown = false;       // in a view
    std::int64_t ended_ms = 0;
    std::int64_t rests_until_ms = INT64_MIN;
    std::uint32_t failures = 0;  // in a row
    std::deque<Past> past;
  };

  PaceLimits limits_;
  std::map<std::uint64_t, Range> ranges_;
  std::set<std::uint64_t> merging_;  // ranges that others are to absorb, by commands under way
  std::size_t in_flight_ = 0;
  std::size_t moves_in_flight_ = 0;
};

}  // namespace tenon::balance
