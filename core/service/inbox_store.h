#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "routing/subscription.h"
#include "service/inbox.h"

namespace tenon::service {

// Names the inbox of one session; a session that is made anew under the same client id gets another one.
// Counted up by the store, in steps that the maker states, so that several stores never give the same.
using InboxNumber = std::uint64_t;

// Who is served by an inbox at the moment. Each attach counts the epoch up; what comes with an older one is
// refused.
struct Attachment {
  ReceiverKey connection = ReceiverKey::none;
  std::uint64_t epoch = 0;
};

// All sessions with an inbox. Commands and queries with explicit time; pure; not thread-safe.
class InboxStore {
 public:
  // Numbers given are first, first + step, ...
  InboxStore(const InboxLimits& limits, InboxNumber first, InboxNumber step);
  ~InboxStore();
  InboxStore(const InboxStore&) = delete;
  InboxStore& operator=(const InboxStore&) = delete;

  using Filters = std::vector<std::string>;
  struct Will {
    Ref<Message> message;
    std::string client_id;
  };
  // A session that ended: its routes are to be removed, its will (if it had one waiting) to be published.
  struct Ended {
    InboxNumber number = 0;
    std::string client_id;
    Filters filters;
    Ref<Message> will;
  };

  struct AttachResult {
    bool present = false;    // an older state was found and is kept
    InboxNumber number = 0;  // 0: no inbox, the session lives as long as its connection
    std::uint64_t epoch = 0;
    std::uint64_t first_number = 0;
    std::vector<mqtt::PacketId> received_ids;
    std::optional<Ended> ended;  // the older state that gave way to a clean start
  };
  // [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6]. Cancels a waiting will [MQTT-3.1.3-9].
  AttachResult attach(const session::AttachRequest& request, ReceiverKey connection);
  // The connection is gone. With expiry 0 the session ends at once and is returned. `will` waits for its
  // delay, or the end of the session if that comes first; null: none.
  std::optional<Ended> detach(InboxNumber number, std::uint64_t epoch, std::uint32_t expiry_s,
                              Ref<Message> will, std::uint32_t will_delay_s, UnixMs now_ms);

  enum class Append : std::uint8_t {
    stored,
    full,     // refused: the newest gives way
    offline,  // QoS 0 for a client that is not there
    gone,     // no such session: its route is to be removed
  };
  struct AppendResult {
    Append status = Append::gone;
    ReceiverKey wake = ReceiverKey::none;  // the connection that waits for it
  };
  AppendResult append(InboxNumber number, const Ref<Message>& message, const session::ShowAs& show);

  // What session::Ports asks; without effect when the epoch is no longer the inbox's.
  // fetch: when fewer than `count_max` came, the next append wakes the connection.
  void fetch(InboxNumber number, std::uint64_t epoch, std::uint64_t position, std::size_t count_max,
             std::vector<InboxItem>& items);
  void sent(InboxNumber number, std::uint64_t epoch, std::uint64_t position);
  void acknowledge(InboxNumber number, std::uint64_t epoch, std::uint64_t message_number);
  void release(InboxNumber number, std::uint64_t epoch, std::uint64_t message_number);
  void remember_received(InboxNumber number, std::uint64_t epoch, mqtt::PacketId id);
  void forget_received(InboxNumber number, std::uint64_t epoch, mqtt::PacketId id);

  struct PutResult {
    bool ok = false;  // false: too many, or an old epoch
    bool is_new = false;
  };
  PutResult put_subscription(InboxNumber number, std::uint64_t epoch, std::string_view filter,
                             const routing::SubscriptionOptions& options, std::size_t count_max);
  // False when there was none.
  bool remove_subscription(InboxNumber number, std::uint64_t epoch, std::string_view filter);

  // What became due: wills, and sessions that expired.
  struct Due {
    std::vector<Will> wills;
    std::vector<Ended> ended;
  };
  Due tick(UnixMs now_ms);

  std::size_t size() const { return by_client_.size(); }
  std::size_t attached_count() const { return attached_count_; }
  std::uint64_t message_count() const;
  std::uint64_t message_bytes() const;

 private:
  struct Inbox;
  Inbox* find(InboxNumber number) const;
  Inbox* find(InboxNumber number, std::uint64_t epoch) const;
  Ended erase(Inbox& inbox);

  const InboxLimits& limits_;
  InboxNumber next_number_;
  const InboxNumber step_;
  std::uint64_t epoch_ = 0;
  std::size_t attached_count_ = 0;
  std::unordered_map<std::string, InboxNumber> by_client_;
  std::unordered_map<InboxNumber, std::unique_ptr<Inbox>> inboxes_;
};

}  // namespace tenon::service
