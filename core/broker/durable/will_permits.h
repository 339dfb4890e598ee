#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "broker/bans/ban_list.h"
#include "host/permset.h"
#include "mqtt/types.h"

namespace tenon::broker {

// Names a will: session number and epoch, as service::inbox::WillId.
using WillName = std::pair<std::uint64_t, std::uint64_t>;

// What the clients may do that are gone and have left a delayed will, and who they were: whether they still
// may, and whether they are banned, is asked for again when the will fires (ATTACK-13). Known to the node
// that the client was connected to; what that finds to be refused meanwhile it tells to the others, and stays
// refused. A node that stops takes what it knew with it. Any thread that is a worker.
class WillPermits {
 public:
  struct Permit {
    host::Permset permset;
    std::string username;
    std::string client_id;
    std::uint32_t peer_family = 0;  // TENON_PEER_*
    std::array<std::uint8_t, 16> peer_addr{};
    std::string topic;  // as the client knows it
    mqtt::QoS qos = mqtt::QoS::at_most_once;
    bool retain = false;
    UnixMs forget_at_ms = 0;
    std::optional<UnixMs> told_at_ms = {};  // when it was found to be refused, or that was said again
    std::uint64_t bans_seen = 0;            // the last list of bans that it was looked for in
  };

  // Beyond so many, the oldest by name is forgotten.
  static constexpr std::size_t count_max = std::size_t{1} << 17;

  void put(const WillName& will, Permit&& permit);
  // Whether the will may be published now: nobody here knows of anything against it.
  bool allows(const WillName& will, const BanList& bans, UnixMs now_ms);
  // Another node has found that it may not. `now_ms`: from when on it is remembered for a while.
  void refuse(const WillName& will, UnixMs now_ms);
  // It is published, or gone.
  void forget(const WillName& will);
  // The node stops: gives back all permission sets, while their plugins are there.
  void clear();
  // Looks at those whose permissions have changed, and at all when another list of bans is in force; forgets
  // what is too old. Returns those whose refusal is to be told to others, now or again. Looks at no more than
  // looked_at_max, and goes on from there with the next call: asking a plugin takes its time, and the worker
  // has other things to do.
  std::vector<WillName> tick(std::shared_ptr<const BanList> bans, UnixMs now_ms);
  static constexpr std::size_t looked_at_max = 4096;
  // Permits times bans, in one call: some milliseconds.
  static constexpr std::size_t ban_looks_max = 400'000;

 private:
  static bool is_refused(Permit& permit);
  static bool is_banned(const Permit& permit, const BanList& bans, UnixMs now_ms);
  bool is_banned_anew(Permit& permit, UnixMs now_ms, std::size_t& looks_left) const;

  std::mutex mutex_;
  std::map<WillName, Permit> permits_;
  std::map<WillName, UnixMs> refused_;   // until when it is remembered
  WillName next_{0, 0};                  // that tick() looks at
  std::shared_ptr<const BanList> bans_;  // of the last tick()
  std::uint64_t bans_number_ = 0;        // counts the lists
};

}  // namespace tenon::broker
