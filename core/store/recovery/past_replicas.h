#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "store/members/own_replicas.h"
#include "store/ranges.h"
#include "store/recovery/given_up.h"
#include "store/replicas.h"

namespace tenon::store {

// Replicas of this node whose ranges were recovered without it. From the moment on at which the node hears
// so, such a one takes part in nothing; of a voter, the end of the log is written down, and then it is
// deleted. That goes for replicas that have failed or are lost as well, as far as their logs can be read.
//
// A log is read when all of it is in the journal, or when that does not come about: some writes may be under
// way. One replica is written down in a turn; one whose report is not taken stays, and the next attempt comes
// after a pause that grows. Of a provisional range all is written down that it has taken, in parts, one in a
// turn.
//
// Pure over replicas and the journal; one thread, outside of their calls.
class PastReplicas {
 public:
  // What people should know.
  using Report = std::function<void(const RangeId& range, const std::string& what)>;
  // Has what a replica held written down for good; where it is, empty: nowhere. After an error the same comes
  // again.
  using Keep = std::function<Result<std::string>(const GivenUp& given_up)>;

  // Everything outlives it.
  PastReplicas(NodeId self, Replicas& replicas, OwnReplicas& own, const Ranges& ranges,
               const Journal& journal, Report report, Keep keep);

  void tick(MonoNs now_ns) { now_ns_ = now_ns; }
  // Whether what was given to the journal is written; else nothing is waited for.
  void log_refuses(bool on) { log_refuses_ = on; }
  // Does the next steps.
  void turn();

 private:
  struct Past {
    std::string text;                 // how far it went
    std::optional<GivenUp> given_up;  // to be written down; empty: it is, or needs not be
    bool may_return = false;          // it has given way to a provisional range
    bool is_from_beginning = false;   // all of the log is to be, in parts
    std::uint64_t next = 0;           // from this index on the next part is
    bool is_end_known = false;        // given_up->last is where the log will end in the journal
    MonoNs deadline_ns = 0;           // by then it does, or never will
    std::string failure;              // why it could not be written down
    std::uint64_t attempts = 0;
    bool is_dropped = false;
  };

  void find();
  Past stop(const Replica& replica);
  Past of_lost(const kv::RangeRecord& record);
  bool is_past(const kv::RangeRecord& record) const;
  bool has_voted(const kv::Descriptor& descriptor) const;
  bool is_ready(const Past& past) const;
  void write_one();
  Result<bool> read(Past& past) const;
  bool write_down(Past& past);
  void drop(const RangeId& range, Past& past);

  const NodeId self_;
  Replicas& replicas_;
  OwnReplicas& own_;
  const Ranges& ranges_;
  const Journal& journal_;
  const Report report_;
  const Keep keep_;
  std::map<RangeId, Past> past_;
  bool log_refuses_ = false;
  std::uint64_t seen_version_ = 0;  // of the ranges
  MonoNs looked_ns_ = 0;
  std::int64_t pause_ns_ = 0;  // since the last report that was not taken; 0: the last one was
  MonoNs retry_ns_ = 0;        // nothing is written down before
  MonoNs now_ns_ = 0;
};

}  // namespace tenon::store
