#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kv/descriptor.h"
#include "kv/state_view.h"

namespace tenon::kv {

// Something that a node is to be told because a command was applied. Sent by the leader, once, and may be
// lost with it: whoever waits for one must find out by itself when it never comes.
struct Notice {
  NodeId node = NodeId::none;
  std::string text;
};

struct ApplyContext {
  UnixMs now_ms = 0;        // the leader's stamp; never goes back within a range
  std::uint64_t index = 0;  // of the entry
  std::vector<Notice>& notices;
};

// What the commands of a store mean. Deterministic: the same state and commands give the same writes and
// replies on every replica; no clock, no randomness, no order of a hash table. Memory beside the state is a
// cache that load() can build anew. One thread at a time.
class Machine {
 public:
  virtual ~Machine() = default;

  // Builds what it keeps in memory; after an open, and after a snapshot was installed. What the state shows
  // is all there is of this range.
  virtual Status load(const StateView& state) = 0;
  // The version of the store's commands (CommandVersions) that knows what the command is made of, sense or
  // not; and the version that this machine is of. A leader proposes nothing newer.
  virtual std::uint8_t version_of(std::string_view) const { return 1; }
  virtual std::uint8_t version() const { return 1; }
  // The range has become smaller, or larger, as its part was split off, or as it has absorbed its neighbour.
  // Nobody may miss meanwhile what another range of this node has taken over, or had: who follows this one is
  // told of what has come, and of nothing that went.
  virtual Status bounds_changed(const StateView& state) { return load(state); }
  // One committed command. invalid: it makes no sense; nothing was changed. unsupported: of a newer version;
  // as others may have applied it, the replica can't go on. Another error is one of reading the state: the
  // same.
  virtual Status apply(const ApplyContext& context, std::string_view command, State& state,
                       std::string& ret_reply) = 0;
  // A question; the state is current or not, as the caller asked for. Errors as apply.
  virtual Status query(UnixMs now_ms, std::string_view question, const StateView& state,
                       std::string& ret_reply) const = 0;
  // At the leader, about each second: appends commands that have become due, such as those that end what has
  // expired. Giving one again before it was applied does no harm.
  virtual void due(UnixMs now_ms, std::vector<std::string>& ret_commands) = 0;
  // Whether a range may end before `key`: no command has keys on both sides of it. A machine that does not
  // say is never split.
  virtual bool may_split_at(std::string_view) const { return false; }
  // The last place at or before an item of this range where it may be split; empty: none is known.
  virtual std::string split_place(std::string_view) const { return {}; }
};

}  // namespace tenon::kv
