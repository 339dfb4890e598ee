#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

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

  // Makes find() know whose the inbox is, before a route of it is put or a link serves it.
  void expect(std::uint64_t number, const service::inbox::Owner& owner);
  // True when it is new; else it replaces that of the same filter.
  bool put_route(std::uint64_t number, const service::inbox::Owner& owner, const RouteSet::Route& route);
  // False: there was none.
  bool remove_route(std::uint64_t number, topic::FilterId filter);

  // Called with the inbox's part locked: may ask for nothing of the directory.
  using RouteFn = std::function<void(const RouteSet::Route&)>;
  void each_route(std::uint64_t number, const RouteFn& fn) const;
  // Of all routes, those are in doubt for which it is true.
  using IsDoubtful = std::function<bool(const service::inbox::Owner&, topic::FilterId)>;
  void doubt(const IsDoubtful& is_doubtful);
  struct Doubtful {
    std::uint64_t number = 0;
    topic::FilterId filter{};
    std::string tenant;
  };
  std::vector<Doubtful> doubtful() const;

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
