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
// when its turn comes. Pure; one thread.
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

  bool empty() const { return parts_.empty(); }
  // The part whose turn it is, if its messages are to be collected.
  const Part* to_collect() const;
  // REQUIRES: to_collect().
  void collected(std::vector<Ref<session::Message>>&& messages);
  // The next message of what was collected; empty: there is none, and to_collect() may be asked. A part goes
  // with its last message.
  std::optional<Next> take();
  // Of the part whose turn it is; what others are owed nobody has counted.
  std::size_t left_count() const { return messages_.size() - next_; }

 private:
  using Parts = std::list<Part>;

  void erase(Parts::iterator part);

  Parts parts_;                                         // in their order
  std::map<std::string_view, Parts::iterator> places_;  // by the filter, whose text is the part's
  // Of the first part.
  bool is_collected_ = false;
  std::vector<Ref<session::Message>> messages_;
  std::size_t next_ = 0;
};

}  // namespace tenon::broker
