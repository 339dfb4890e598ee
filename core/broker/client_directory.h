#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest/hash.h"
#include "broker/block_table.h"
#include "routing/receiver_key.h"

namespace tenon::broker {

using routing::ConnectionAddress;

// Which connection has which client id, on this node: at most one at a time. A newer connection waits until
// the older one has let go. A client id that a user has is for that user alone, as long as the connection
// lasts (ATTACK-15); one without a user is anybody's. Any thread.
class ClientDirectory {
 public:
  // `hash_seed` is secret and random.
  explicit ClientDirectory(std::uint64_t hash_seed) : hash_seed_(hash_seed) {
    for (Part& part : parts_) part.entries = BlockTable<ById>(ById{hash_seed});
  }

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
  // One for each client of the node: id and user stand behind it in the same block.
  class Entry {
   public:
    struct Delete {
      void operator()(Entry* entry) const;
    };
    using Owner = std::unique_ptr<Entry, Delete>;
    static Owner make(std::string_view client_id, const ConnectionAddress& holder, std::string_view user);

    std::string_view client_id() const { return {text(), id_bytes_}; }
    std::string_view user() const { return {text() + id_bytes_, user_bytes_}; }  // empty: none
    ConnectionAddress holder() const { return routing::address_of(holder_); }
    bool is_held_by(const ConnectionAddress& who) const { return holder_ == routing::key_of(who); }

    std::uint64_t stamp = 0;

   private:
    Entry() = default;
    ~Entry() = default;
    const char* text() const { return reinterpret_cast<const char*>(this + 1); }

    routing::ReceiverKey holder_ = routing::ReceiverKey::none;
    std::uint32_t id_bytes_ = 0;
    std::uint32_t user_bytes_ = 0;
  };
  struct ById {
    using Object = Entry;
    using Owner = Entry::Owner;
    using Key = std::string_view;
    std::uint64_t hash_seed = 0;
    Key key(const Entry& entry) const { return entry.client_id(); }
    std::uint64_t hash(Key client_id) const { return keyed_hash(client_id, hash_seed); }
  };
  struct Part {
    mutable std::mutex mutex;
    BlockTable<ById> entries;
    std::map<std::string, Waiting, std::less<>> waiting;  // by client id, of those that somebody has
  };
  // By the upper bits of the hash, as the lower ones are the table's.
  Part& part_of(std::string_view client_id) const {
    return parts_[(keyed_hash(client_id, hash_seed_) >> 32) % part_count];
  }

  const std::uint64_t hash_seed_;
  mutable std::array<Part, part_count> parts_;
};

}  // namespace tenon::broker
