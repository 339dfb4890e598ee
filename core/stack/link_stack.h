#pragma once

#include <tenon/draft/filter.h>
#include <tenon/draft/transport.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/instance.h"
#include "runtime/worker.h"

namespace tenon::stack {

class StackedLink;
class StackWorker;

// Who uses the links of a stack, as it would use those of a transport.
struct LinkUser {
  // on_open comes when all filters are ready, with the peer that they found; its `conn` is a handle for
  // StackedLink::of. The other calls: as draft/transport.h says.
  const tenon_link_events* events = nullptr;
  void* user = nullptr;
  // A connection was accepted: how long it has to wait before its handshakes begin; below 0: it is closed.
  // [worker]
  std::int64_t (*on_accepted)(void* user, std::uint32_t worker, const tenon_peer_info& peer) = nullptr;
  // A link ended before its filters were ready: `filter` is the one that refused it, or empty; `why` is
  // TENON_OK when the peer went by itself. [worker]
  void (*on_refused)(void* user, std::uint32_t worker, const tenon_peer_info& peer, tenon_status why,
                     std::string_view filter, std::string_view reason) = nullptr;
};

// The filters between one transport and one user, for links of one side: those that others open, or those
// that this node opens.
//
// For the former it is the `user` of the transport's listen(), with events(). For the latter the caller has
// events of its own for connect(), whose on_open is open(), and whose others are those of events().
class LinkStack {
 public:
  // `filters`: from the transport upwards, at least one, active; `workers`: all, by index. All outlive the
  // stack. `role`: this node's, TENON_ROLE_*.
  LinkStack(host::Instance& transport, std::vector<host::Instance*> filters,
            std::span<runtime::Worker* const> workers, std::int64_t handshake_timeout_ns, LinkUser user,
            std::uint32_t role = TENON_ROLE_SERVER);
  ~LinkStack();
  LinkStack(const LinkStack&) = delete;
  LinkStack& operator=(const LinkStack&) = delete;

  static const tenon_link_events& events();

  // As tenon_link_events.on_open; `user` takes the place of LinkUser.user for this link. [worker]
  tenon_status open(std::uint32_t worker, tenon_conn* conn, const tenon_peer_info& peer, void* user,
                    void** ret_link);

  // invalid: a filter stands below one that belongs under it; the text names both.
  static Status check_places(std::span<host::Instance* const> filters);

  // Who the peer is is told by what it sends.
  static bool tells_peer(const host::Instance* filter) {
    return filter->filter().place == TENON_PLACE_ADDRESS;
  }

  // Before the first link of this worker, and behind its last one. [worker]
  void begin(std::uint32_t worker);
  void end(std::uint32_t worker);
  // Of this worker, in handshakes or behind them. [worker]
  std::size_t link_count(std::uint32_t worker) const;
  // When so many links are in handshakes, the one among them that came first is refused with TENON_E_BUSY at
  // the end of the turn. [worker]
  void make_room_in_handshakes(std::uint32_t worker, std::size_t count_max);
  bool is_idle(std::uint32_t worker) const { return link_count(worker) == 0; }
  // Closes what is open on this worker, without a word to the user: when the user has closed all that it
  // knows of, and nothing is accepted any more. [worker]
  void abandon(std::uint32_t worker);

  host::Instance& transport() const { return transport_; }
  const std::vector<host::Instance*>& filters() const { return filters_; }
  const LinkUser& user() const { return user_; }
  std::int64_t handshake_timeout_ns() const { return handshake_timeout_ns_; }
  std::uint32_t role() const { return role_; }

 private:
  static tenon_status on_open(void* self, std::uint32_t worker, tenon_conn* conn, const tenon_peer_info* peer,
                              void** ret_link);

  host::Instance& transport_;
  const std::vector<host::Instance*> filters_;
  const LinkUser user_;
  const std::int64_t handshake_timeout_ns_;
  const std::uint32_t role_;
  std::vector<std::unique_ptr<StackWorker>> workers_;
};

}  // namespace tenon::stack
