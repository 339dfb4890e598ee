#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "algorithm/configuration.h"
#include "algorithm/message.h"
#include "algorithm/types.h"

namespace tenon::raft {

enum class Role : std::uint8_t { follower, pre_candidate, candidate, leader };

// What others may want to know and a restart forgets.
struct SoftState {
  Role role = Role::follower;
  NodeId leader = NodeId::none;
  Term term = 0;
  bool quiesced = false;

  friend bool operator==(const SoftState&, const SoftState&) = default;
};

// Counts the writes of one Group object, from 1 and without a gap.
using WriteNumber = std::uint64_t;

enum class ReadStatus : std::uint8_t {
  ready,    // serve it from a state that has applied `index`
  dropped,  // nothing is known; ask again
};

struct ReadResult {
  std::uint64_t context = 0;  // of Group::read_index()
  Index index = 0;
  ReadStatus status = ReadStatus::ready;

  friend bool operator==(const ReadResult&, const ReadResult&) = default;
};

// A snapshot that the group wants installed.
struct Install {
  NodeId from = NodeId::none;  // who offered it
  SnapshotMeta meta;           // at least this much

  friend bool operator==(const Install&, const Install&) = default;
};

// What the owner is to do next. Everything is handed out once.
//
// Order: the write may be started before or after the messages are sent; `committed` is applied in order; the
// writes of one group become durable in the order of their numbers. A message that depends on a write is not
// in here: the group keeps it until Group::persisted() says that the write is durable, and hands it out then.
struct Ready {
  // Write `hard_state` and `entries`, together with what other groups have, and call Group::persisted(write)
  // when all of it is durable. 0: nothing to write. Several writes may be under way.
  WriteNumber write = 0;
  std::optional<HardState> hard_state;
  std::vector<Entry>
      entries;  // consecutive; whatever the log holds from entries.front().index on is replaced

  // Send these now, in this order for each receiver.
  std::vector<Message> messages;

  // Apply these, then call Group::applied(). All are durable here. Configuration and noop entries are among
  // them, so that the applied index has no gaps.
  std::vector<Entry> committed;

  // Fetch, verify and install this, then call Group::snapshot_installed() or snapshot_failed(). The state and
  // the log change in one step: state of `meta`, base() of the log at `meta`, no entry.
  std::optional<Install> install;

  std::vector<ReadResult> reads;

  std::optional<SoftState> soft_state;  // when it changed

  // This leader has begun to give the lead away, as its disk is slower than those of others.
  bool is_disk_slow = false;

  bool empty() const {
    return write == 0 && messages.empty() && committed.empty() && !install && reads.empty() && !soft_state &&
           !is_disk_slow;
  }
};

}  // namespace tenon::raft
