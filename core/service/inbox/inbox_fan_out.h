#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/inbox/inbox_ops.h"

namespace tenon::service::inbox {

// One message for many inboxes, to be appended by one command for each range that holds some of them. The
// message is encoded once, each inbox once, whatever the ranges.
//
// Life: targets are added, sort() once, then it does not change any more.
class FanOut {
 public:
  // Copies what it is given. With an origin, each inbox takes it once: a Relay; without: an Append.
  FanOut(const StoredMessage& message, const Limits& limits, const std::optional<Origin>& origin = {});

  void add(const Append::Target& target);
  // By keys; targets of one inbox stay in the order in which they were added.
  void sort();

  bool has_origin() const { return is_relay_; }
  std::size_t count() const { return places_.size(); }
  // Of all commands together, if there is one.
  std::size_t size_bytes() const { return head_.size() + keys_.size() + targets_.size(); }

  // Which of the targets, in the order of adding, is at this place.
  std::size_t target_at(std::size_t at) const { return places_[at].target; }
  // owner_prefix() of it.
  std::string_view key(std::size_t at) const;
  // What the target adds to a command.
  std::size_t target_bytes(std::size_t at) const { return places_[at].end - places_[at].begin; }
  // The command for the targets at the places from `begin` on that are before `end`.
  std::string command(std::size_t begin, std::size_t end) const;
  // The reply to such a command.
  Result<AppendReply> read_reply(std::string_view text) const;

 private:
  // Where the key and the encoded target are.
  struct Place {
    std::uint32_t target = 0;
    std::uint32_t key_begin = 0;
    std::uint32_t key_end = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  bool is_relay_;
  std::string head_;     // the op's body up to its targets
  std::string keys_;     // in the order of adding
  std::string targets_;  // encoded, in the order of adding
  std::vector<Place> places_;
};

}  // namespace tenon::service::inbox
