#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "admin/session_source.h"

namespace tenon::admin {

// One chunk of the state of the range that holds a key, as of the moment of its chunk 0.
struct StateQuestion {
  std::string store;         // "meta", "inbox" or "retain"
  std::string key;           // bytes
  std::uint64_t reader = 0;  // random, of whoever reads this one state; not 0
  std::uint64_t chunk = 0;
};

struct RestoreBegin {
  std::uint64_t restore = 0;  // of the file; not 0
  bool into_nonempty = false;
};
struct RestoreBegun {
  bool is_repeated = false;  // it was begun before and is not over
};

struct RestoreRowsOf {
  std::uint64_t restore = 0;
  std::string store;  // as in StateQuestion
  std::string chunk;  // as kv::SnapshotWriter gives it
};
// What became of the rows of a chunk.
struct RestoredRows {
  std::uint64_t written = 0;
  std::uint64_t kept = 0;  // something was there, and stays
};

// The steps behind all rows, each page by page over all that was brought.
struct RestoreStep {
  enum class What : std::uint8_t {
    routes,   // subscriptions are routed to their sessions
    release,  // sessions are there for their clients
    end,      // the cluster forgets that it is being restored
  };
  std::uint64_t restore = 0;
  What what = What::routes;
  std::string cursor;  // empty: from the first
};
struct RestoredPage {
  std::uint64_t sessions = 0;
  std::uint64_t routes = 0;
  std::optional<std::string> cursor;  // empty: that was all
};

// What a backup reads and a restore writes, of the whole cluster, whichever node is asked: the node
// implements it. As SessionSource otherwise.
class BackupSource {
 public:
  virtual ~BackupSource() = default;
  // The chunk as kv::SnapshotWriter gives it. exists: the state is not kept any more, or too many are read
  // from the node that leads the range; to be begun anew, later.
  virtual void read_state(const StateQuestion& question, Then<std::string> then) = 0;
  // exists: the cluster holds something already, and that was not allowed; says what.
  virtual void begin_restore(const RestoreBegin& begin, Then<RestoreBegun> then) = 0;
  // invalid: the chunk is damaged, or is none of the store. not_found: that restore was not begun. timed_out:
  // some of it may have been written; to be given again.
  virtual void restore_rows(const RestoreRowsOf& rows, Then<RestoredRows> then) = 0;
  virtual void restore_step(const RestoreStep& step, Then<RestoredPage> then) = 0;
};

}  // namespace tenon::admin
