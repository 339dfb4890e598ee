#pragma once

#include <memory>
#include <set>
#include <span>
#include <vector>

#include "host/instance.h"
#include "peer/connection.h"
#include "runtime/worker.h"
#include "stack/link_stack.h"

namespace tenon::peer {

// The filters between the transport and the links to other nodes, for those that come in and those that are
// dialled. The owner hears of a connection when its handshakes are over and the other side has shown a
// certificate that holds; whatever filter is there has to say so. On one worker.
class PeerStack {
 public:
  // All outlive this. `handshake_ns`: what the handshakes of one connection may take.
  PeerStack(host::Instance& transport, std::vector<host::Instance*> filters, runtime::Worker& worker,
            std::int64_t handshake_ns, ConnectionOwner& owner);
  ~PeerStack();
  PeerStack(const PeerStack&) = delete;
  PeerStack& operator=(const PeerStack&) = delete;

  // Before the first connection, and behind the last one; end() closes those that are in handshakes. [worker]
  void begin();
  void end();
  bool is_idle() const { return accepting_.is_idle(0) && dialling_.is_idle(0); }

  // The user of the transport's listen() with LinkStack::events().
  void* acceptor() { return &accepting_; }
  // As tenon_link_events.on_open of the transport, for a connection that was dialled. [worker]
  tenon_status open_dialled(tenon_conn* conn, const tenon_peer_info& peer, const cluster::Endpoint& dialled,
                            void** ret_link);

  // As draft/transport.h. [worker]
  static std::uint64_t send(tenon_conn* conn, std::span<const tenon_bytes> spans);
  static void read_on(tenon_conn* conn);
  static void close(tenon_conn* conn, std::uint32_t flags);

 private:
  // A dialled connection until it is open.
  struct Handshake {
    PeerStack* stack;
    cluster::Endpoint dialled;
  };

  static std::int64_t on_accepted(void* user, std::uint32_t worker, const tenon_peer_info& peer);
  static tenon_status on_accepted_open(void* user, std::uint32_t worker, tenon_conn* conn,
                                       const tenon_peer_info* peer, void** ret_link);
  static tenon_status on_dialled_open(void* user, std::uint32_t worker, tenon_conn* conn,
                                      const tenon_peer_info* peer, void** ret_link);
  static void on_accepted_refused(void* user, std::uint32_t worker, const tenon_peer_info& peer,
                                  tenon_status why, std::string_view filter, std::string_view reason);
  static void on_dialled_refused(void* user, std::uint32_t worker, const tenon_peer_info& peer,
                                 tenon_status why, std::string_view filter, std::string_view reason);
  static const tenon_link_events accepted_events;
  static const tenon_link_events dialled_events;

  tenon_status open(tenon_conn* conn, const cluster::Endpoint* dialled, const tenon_peer_info& peer,
                    void** ret_link);
  // Empty: `handshake` is none of this stack's.
  cluster::Endpoint take(Handshake* handshake);

  ConnectionOwner& owner_;
  runtime::Worker* const worker_;
  std::vector<std::unique_ptr<Handshake>> handshakes_;
  stack::LinkStack accepting_;
  stack::LinkStack dialling_;
  bool begun_ = false;
};

}  // namespace tenon::peer
