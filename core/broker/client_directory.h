#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "routing/receiver_key.h"

namespace tenon::broker {

using routing::ConnectionAddress;

// Which connection has which client id, on this node: at most one at a time. A newer connection waits until
// the older one has let go. A client id that a user has is for that user alone, as long as the connection
// lasts (ATTACK-15); one without a user is anybody's. Any thread.
class ClientDirectory {
 public:
  struct Claim {
    bool granted = false;
    // Not granted: the connection to be ended; it will release().
    std::optional<ConnectionAddress> holder;
    // One that waited and now has to give way, too: a third connection came meanwhile.
    std::optional<ConnectionAddress> superseded;
    // Another user has the id: all stays as it is.
    bool refused = false;
  };
  // `user`: empty for none, and for all when users do not matter.
  Claim claim(std::string_view client_id, const ConnectionAddress& who, std::string_view user = {});

  // Gives back what claim() granted, or ends the waiting. Returns the connection that has the id from now on
  // because it waited for it.
  std::optional<ConnectionAddress> release(std::string_view client_id, const ConnectionAddress& who);

  // The connection that has the id.
  std::optional<ConnectionAddress> find(std::string_view client_id) const;

  // Among nodes: the connection that has the id says with which stamp it is in.
  void stamp(std::string_view client_id, const ConnectionAddress& who, std::uint64_t stamp);
  struct Stamped {
    ConnectionAddress holder;
    std::uint64_t stamp = 0;  // 0: it is not in yet
    std::string user;         // whose the id is; empty: nobody's
  };
  std::optional<Stamped> find_stamped(std::string_view client_id) const;
  // Calls `visit` with id, stamp and user of all in one part of the directory that have a higher stamp than
  // `stamp`. It may not call the directory.
  static constexpr std::size_t part_count = 64;
  using Visit = std::function<void(std::string_view client_id, std::uint64_t stamp, std::string_view user)>;
  void visit_stamped(std::size_t part, std::uint64_t stamp, const Visit& visit) const;

 private:
  struct Waiting {
    ConnectionAddress who;
    std::string user;
  };
  struct Entry {
    ConnectionAddress holder;
    std::unique_ptr<const std::string> user;  // null: none
    std::unique_ptr<Waiting> next;
    std::uint64_t stamp = 0;
  };
  struct Part {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Entry> entries;
  };
  Part& part_of(std::string_view client_id) const {
    return parts_[std::hash<std::string_view>{}(client_id) % part_count];
  }

  mutable std::array<Part, part_count> parts_;
};

}  // namespace tenon::broker
