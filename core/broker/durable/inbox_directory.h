#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "routing/receiver_key.h"
#include "service/inbox/inbox_key.h"

namespace tenon::broker {

// Whose an inbox is; what reaches it by its number needs this to find its range.
struct InboxOwner {
  std::string tenant;
  std::string client_id;

  service::inbox::Owner view() const { return {tenant, client_id}; }
};

// Inboxes that this node has to do with: those that have routes, and those that a link of this node serves.
// Any thread.
class InboxDirectory {
 public:
  struct Entry {
    std::shared_ptr<const InboxOwner> owner;                       // null: not known here
    session::ReceiverKey connection = session::ReceiverKey::none;  // that serves it, on this node
  };

  // Counts: each route is removed once.
  void add_route(std::uint64_t number, std::string_view tenant, std::string_view client_id);
  void remove_route(std::uint64_t number);
  void attach(std::uint64_t number, std::string_view tenant, std::string_view client_id,
              session::ReceiverKey connection);
  // Without effect when another connection serves it by now.
  void detach(std::uint64_t number, session::ReceiverKey connection);

  // The session has ended: nobody finds it any more, while its routes are being removed.
  void end(std::uint64_t number);

  Entry find(std::uint64_t number) const;

 private:
  struct Known {
    Entry entry;
    std::uint32_t routes = 0;
  };
  struct Part {
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, Known> known;
  };
  static constexpr std::size_t part_count = 64;
  Part& part_of(std::uint64_t number) const { return parts_[number % part_count]; }
  static Known& know(Part& part, std::uint64_t number, std::string_view tenant, std::string_view client_id);
  static void forget_unused(Part& part, std::uint64_t number);

  mutable std::array<Part, part_count> parts_;
};

}  // namespace tenon::broker
