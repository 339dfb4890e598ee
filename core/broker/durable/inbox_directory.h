#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "broker/block_table.h"
#include "broker/durable/known_inbox.h"
#include "routing/receiver_key.h"

namespace tenon::broker {

// Inboxes that this node has to do with: those that have routes, and those that a link of this node serves.
// Any thread.
class InboxDirectory {
 public:
  struct Entry {
    Ref<const KnownInbox> inbox;                                   // null: not known here
    session::ReceiverKey connection = session::ReceiverKey::none;  // that serves it, on this node
  };

  // Counts: each route is removed once.
  void add_route(std::uint64_t number, const service::inbox::Owner& owner);
  void remove_route(std::uint64_t number);
  // Gives what find() will.
  Ref<const KnownInbox> attach(std::uint64_t number, const service::inbox::Owner& owner,
                               session::ReceiverKey connection);
  // Without effect when another connection serves it by now.
  void detach(std::uint64_t number, session::ReceiverKey connection);

  // The session has ended: nobody finds it any more, while its routes are being removed.
  void end(std::uint64_t number);

  Entry find(std::uint64_t number) const;

 private:
  struct ByNumber {
    using Object = const KnownInbox;
    using Owner = Ref<const KnownInbox>;
    using Key = std::uint64_t;
    Key key(const KnownInbox& inbox) const { return inbox.number_; }
    // Numbers are random, and their lowest digits have chosen the part.
    std::uint64_t hash(Key number) const { return number / part_count; }
  };
  struct Part {
    mutable std::mutex mutex;
    BlockTable<ByNumber> known;
  };
  static constexpr std::size_t part_count = 64;
  Part& part_of(std::uint64_t number) const { return parts_[number % part_count]; }
  static const KnownInbox& know(Part& part, std::uint64_t number, const service::inbox::Owner& owner);
  static void forget_unused(Part& part, const KnownInbox& inbox);

  mutable std::array<Part, part_count> parts_;
};

}  // namespace tenon::broker
