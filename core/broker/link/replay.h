#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/types.h"
#include "session/message.h"

namespace tenon::broker {

// Retained messages on their way to new subscriptions of one client: filter by filter, in the order in which
// they were subscribed to. A filter that waits takes little more than its text: its messages are collected
// when its turn comes; first a few, so that they are on their way while many others are looked for. Pure; one
// thread.
class Replay {
 public:
  // What a subscription is owed.
  struct Part {
    std::string filter;
    mqtt::QoS qos = mqtt::QoS::at_most_once;
    std::uint32_t subscription_id = 0;
    // The last messages of the two stores when it was made (RetainStore::last_number): what is newer went to
    // the client live.
    std::uint64_t last_retained = 0;
    std::uint64_t last_sys = 0;
  };
  struct Next {
    Ref<session::Message> message;
    mqtt::QoS qos;
    std::uint32_t subscription_id;
  };

  Replay() = default;
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // A subscription that is made again begins its replay again, behind the others.
  void add(Part&& part);
  void drop(std::string_view filter);
  // What the filter is still owed, if anything, goes out as a subscription says that replaces the former one
  // and asks for nothing itself.
  void change(std::string_view filter, mqtt::QoS qos, std::uint32_t subscription_id);

  bool empty() const { return parts_.empty(); }
  // The part whose turn it is, if messages of it are to be collected: all, or up to collect_max().
  const Part* to_collect() const;
  std::size_t collect_max() const { return head_.empty() ? head_max : SIZE_MAX; }
  // REQUIRES: to_collect(). What is here again does no harm. `is_whole`: there are no others.
  void collected(std::vector<Ref<session::Message>>&& messages, bool is_whole);
  // The next message of what was collected; empty: there is none, and to_collect() may be asked. A part goes
  // with its last message.
  std::optional<Next> take();
  // Of what was collected; what else the client is owed nobody has counted.
  std::size_t left_count() const { return messages_.size() - next_; }

 private:
  using Parts = std::list<Part>;

  static constexpr std::size_t head_max = 256;

  void erase(Parts::iterator part);

  Parts parts_;                                         // in their order
  std::map<std::string_view, Parts::iterator> places_;  // by the filter, whose text is the part's
  // Of the first part.
  bool is_collected_ = false;
  bool is_whole_ = false;
  std::vector<Ref<session::Message>> head_;  // what was collected first, if that was not all; by address
  std::vector<Ref<session::Message>> messages_;
  std::size_t next_ = 0;
};

}  // namespace tenon::broker
