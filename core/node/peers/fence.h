#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "broker/operate/cut_off.h"
#include "kv/descriptor.h"

namespace tenon::node {

// Which sessions a node gives up that it may not own any more: those of ranges that it has reached and has
// been cut off from for a while. Their clients go one after the other, in an order of chance, so that the
// nodes which they find are not met by all at once; a range that is in reach again keeps who is left.
//
// Pure; one owner. Times never go back.
class Fence {
 public:
  struct Options {
    std::int64_t after_ns = 0;  // a range is out of reach for so long; 0: no session is ever given up
    std::int64_t spread_ns = 10 * ns_per_s;  // in which all of its clients go
    // Steps that are further apart: the node stood still, and could not have heard.
    std::int64_t step_ns_max = 3 * ns_per_s;
  };
  // Of the store `inbox`.
  struct Range {
    kv::RangeId id;
    std::string begin;
    std::string end;
    bool is_cut_off = false;  // see PeerReach
  };

  explicit Fence(const Options& options) : options_(options) {}

  // All ranges that there are, once a second or so. Returns the sessions that are given up now.
  std::vector<broker::CutOff::Keys> step(std::span<const Range> ranges, MonoNs now_ns);

 private:
  struct Known {
    bool is_cut_off = false;
    MonoNs since_ns = 0;  // it is; later by what the node stood still
    std::uint64_t salt = 0;
  };

  const Options options_;
  std::map<kv::RangeId, Known> known_;  // that were in reach once
  MonoNs stepped_ns_ = 0;
  std::uint64_t cut_count_ = 0;
};

}  // namespace tenon::node
