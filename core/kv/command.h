#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tenon::kv {

// Names a sender whose commands to a range are numbered without a gap, from 1; never used again for another
// sender. 0: the command has no number, and applying it twice must do no harm.
enum class SourceId : std::uint64_t { none = 0 };

// One command in an entry; the text is a view. A kind that is not listed is of a newer version.
struct Command {
  enum class Kind : std::uint8_t {
    service = 0,        // for the Machine
    forget_source = 1,  // the sender is gone for good; `text` is empty, `source` names it
    split = 2,          // `text` is a SplitCommand; without a number, as its epoch says what it is for
    service_many = 3,   // for the Machine, with several keys: `key` is the first, `last_key` the last of them
    freeze = 4,         // `text` is a FreezeCommand; this and the next three without a number, as split
    thaw = 5,           // `text` is a Frozen
    merge = 6,          // `text` is a MergeCommand
    call_off = 7,       // `text` is a CallOffCommand
    split_keeping = 8,  // split; from here on the rows of senders keep what is passed over
    confirm = 9,        // `text` is a ConfirmCommand; this and the next without a number, as split
    outlive = 10,       // `text` is an OutliveCommand
  };
  Kind kind = Kind::service;
  SourceId source = SourceId::none;
  std::uint64_t sequence = 0;
  std::string_view text;
  // All that the command writes has a key that begins with this one, and a range is never split among those.
  // Empty: it goes by what the range holds, whichever that is, as what ends all that has expired.
  std::string_view key;
  // Of Kind::service_many only: the range holds the command's keys if it holds this one and `key`.
  std::string_view last_key = {};
};

// The highest Command::Kind: see CommandVersions.
constexpr std::uint8_t command_kind_max = 10;
// The kinds that a node has to know to apply this one as all others do. What freeze and merge have the rows
// of senders keep came with split_keeping.
constexpr std::uint8_t version_of(Command::Kind kind) {
  const bool keeps = kind == Command::Kind::freeze || kind == Command::Kind::merge;
  return static_cast<std::uint8_t>(keeps ? Command::Kind::split_keeping : kind);
}

// What became of one command. The numbers are on the wire. Each but `gap` and `frozen` uses the sender's
// number up: a number stays with its command for good.
//
// `wrong_range`: the command goes on to the range that holds its key now. When that was split off the one it
// was sent to, it has inherited the sender's last number: asked with the number that the command had, it
// answers `duplicate` if the command was applied before the split, and otherwise applies it or tells by `gap`
// where to go on. One with several keys, of which the range still holds the first, does not use its number up
// by it: nothing behind it is applied before the sender has sent the part of it that the range holds, under
// the same number. So a range that holds its first key and has used the number up has applied the command, or
// such a part, and says so.
//
// A number that was used up by `wrong_range` is passed over, and never applied: it is answered `wrong_range`
// for good, also when the key has come back to the range by a merge. A merge passes over all numbers that its
// senders can have given out before it, and some more: what was numbered before it is applied by then, or
// never will be under that number; the sender asks where numbers go on, and what was not applied gets new
// ones, in its order.
enum class Outcome : std::uint8_t {
  done = 0,         // applied now; there is a reply
  duplicate = 1,    // it was applied earlier; no reply is kept
  gap = 2,          // an earlier number of its source is missing; not applied, send from that one on again
  refused = 3,      // it makes no sense, or writes outside of the range; nothing was changed
  unsupported = 4,  // of a newer version than the leader; it was not proposed
  wrong_range = 5,  // its key is another range's; nothing was changed
  frozen = 6,       // the range is about to be absorbed, and takes nothing now; nothing was changed
  unknown = 7,      // it was applied earlier, or passed over: an older version did not keep which
};

struct CommandResult {
  Outcome outcome = Outcome::done;
  std::string reply;  // of the machine; with `gap`, a varint: the highest number that is used up
  std::string end;    // of a command without a key: where the range ended that it was applied to
};

// Collects the commands of a turn into the payload of one entry:
//   u8 version · varint unix milliseconds · varint count · { u8 kind · varint source · varint sequence ·
//   bytes key · [bytes last key ·] bytes text }...      (the last key: of Kind::service_many)
class EntryBuilder {
 public:
  void add(const Command& command);
  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  std::size_t size_bytes() const { return body_.size(); }
  // The payload, stamped by the leader's clock; the builder is empty again.
  std::string take(UnixMs stamp_ms);

 private:
  std::string body_;
  std::size_t count_ = 0;
};

struct EntryView {
  UnixMs stamp_ms = 0;
  std::vector<Command> commands;
};
// corrupt: the payload does not hold together; unsupported: of a newer version.
Result<EntryView> read_entry(std::string_view payload);

}  // namespace tenon::kv
