#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/intrusive_ptr.h"
#include "broker/durable/route_set.h"
#include "service/inbox/inbox_key.h"
#include "session/message.h"

namespace tenon::broker {

// Whose an inbox is; what reaches it by its number needs this to find its range.
struct InboxOwner {
  std::string tenant;
  std::string client_id;

  static InboxOwner of(const service::inbox::Owner& owner) {
    return {std::string(owner.tenant), std::string(owner.client_id)};
  }
  service::inbox::Owner view() const { return {tenant, client_id}; }
};

// An inbox that this node has to do with, in one block of memory: there may be one for each session of the
// cluster. Whose it is does not change and may be read by any thread; all else is the InboxDirectory's.
class KnownInbox final : public RefCounted<KnownInbox> {
 public:
  // `number` 0: of no directory. REQUIRES: a client id that fits into a packet, and the name of a tenant.
  static Ref<const KnownInbox> make(const service::inbox::Owner& owner, std::uint64_t number = 0);
  static void destroy(KnownInbox* inbox);

  service::inbox::Owner owner() const;

 private:
  friend class InboxDirectory;
  KnownInbox() = default;
  ~KnownInbox() = default;

  // In this order nothing is lost between the members. Both texts stand behind them.
  std::uint16_t client_id_bytes_ = 0;
  std::uint8_t tenant_bytes_ = 0;
  // Guarded by the directory, as all that is mutable here.
  mutable bool has_ended_ = false;                                        // nobody finds it any more
  mutable session::ReceiverKey connection_ = session::ReceiverKey::none;  // that serves it, on this node
  mutable RouteSet routes_;
  std::uint64_t number_ = 0;
};

}  // namespace tenon::broker
