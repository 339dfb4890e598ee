#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "service/inbox_store.h"

namespace tenon::broker {

using service::InboxNumber;
using service::InboxStore;

// The inboxes of the node, in parts with a lock each. Every member is one of InboxStore, on the part that the
// client id or the number names. Any thread.
class Inboxes {
 public:
  explicit Inboxes(const service::InboxLimits& limits);

  InboxStore::AttachResult attach(const session::AttachRequest& request, session::ReceiverKey connection);

  // Runs fn(InboxStore&) under the lock of the part that has this inbox.
  template <class Fn>
  auto with(InboxNumber number, Fn&& fn) {
    Part& part = parts_[number % part_count];
    const std::lock_guard lock(part.mutex);
    return fn(*part.store);
  }

  InboxStore::Due tick(UnixMs now_ms);

  struct Counts {
    std::size_t sessions = 0;
    std::size_t attached = 0;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
  };
  Counts counts() const;

 private:
  struct Part {
    mutable std::mutex mutex;
    std::unique_ptr<InboxStore> store;
  };
  static constexpr std::size_t part_count = 64;
  std::array<Part, part_count> parts_;
};

}  // namespace tenon::broker
