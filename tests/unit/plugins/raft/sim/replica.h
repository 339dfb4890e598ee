#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "algorithm/group.h"
#include "sim/disk_log.h"

namespace tenon::raft::sim {

// Bugs of what is around the algorithm.
enum class OwnerBug { none, fsync_skipped, applied_index_not_in_batch };

// A state machine that is nothing but a digest of what it applied, in order.
struct State {
  Index applied = 0;
  std::uint64_t digest = 0;
  SnapshotMeta meta;

  void apply(const Entry& entry);
};

// Sees what a replica does.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void appended(NodeId node, const std::vector<Entry>& entries) = 0;
  virtual void applied(NodeId node, const Entry& entry, const State& state) = 0;
  virtual void installed(NodeId node, const State& state) = 0;
  virtual void restarted(NodeId node) = 0;
  virtual void read(NodeId node, const ReadResult& result) = 0;
};

// The owner of one Group: disk, state, and the order in which a Ready is to be handled.
class Replica {
 public:
  struct Begin {
    Options options;
    SnapshotMeta base;  // of a founder, or empty
    OwnerBug bug = OwnerBug::none;
    std::vector<Entry> entries;           // after base
    std::optional<HardState> hard_state;  // of a replica that has a past
  };

  Replica(const Begin& begin, Observer* observer);

  NodeId id() const { return begin_.options.self; }
  bool up() const { return group_.has_value(); }
  Group& group() { return *group_; }
  const Group& group() const { return *group_; }
  DiskLog& disk() { return disk_; }
  const DiskLog& disk() const { return disk_; }
  const State& state() const { return state_; }

  // Does what the group has ready; messages go to *out. The writes stay pending, an install stays wanted.
  void run(std::vector<Message>* out);

  // Does what one Ready says, as above.
  void handle(Ready ready, std::vector<Message>* out);

  // The oldest pending write is durable.
  void complete_write() { group_->persisted(disk_.complete()); }
  void complete_writes();

  const std::optional<Install>& wanted() const { return wanted_; }
  void install(const State& state);
  void fail_install();

  // Saves the state and cuts the log `keep` entries before it.
  void compact(Index keep);
  void save();

  void crash(std::size_t kept_writes);
  void start(std::uint64_t seed);

 private:
  Begin begin_;
  Observer* observer_;
  DiskLog disk_;
  State state_;
  State saved_;
  std::optional<Group> group_;
  std::optional<Install> wanted_;
};

// The state that every founder begins with.
SnapshotMeta founding(std::vector<NodeId> voters);

}  // namespace tenon::raft::sim
