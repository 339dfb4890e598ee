#pragma once

#include <tenon/draft/transport.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/limits/connection_gate.h"
#include "broker/limits/memory_mark.h"
#include "broker/listen/listener_context.h"
#include "broker/listen/listener_contexts.h"
#include "host/instance.h"
#include "stack/link_stack.h"
#include "stack/peer_facts.h"

namespace tenon::broker {

class Shard;

// One address that MQTT clients connect to: a transport, and the filters that its links pass through.
//
// Opened and closed on the control thread, started and stopped on each worker:
//
//   open  ->  start on each worker  ->  stop on each worker  ->  close  ->  end on each worker when is_idle()
//
// set_context may come at any time in between.
class Listener {
 public:
  // `transport` and `filters`, from the network upwards, are active; `shards` are all shards of the node. All
  // outlive the listener, as does `memory`.
  Listener(ListenerContext context, const MemoryMark& memory, host::Instance& transport,
           std::vector<host::Instance*> filters, std::span<const std::unique_ptr<Shard>> shards);
  // REQUIRES: it was never started, or has ended on every worker; or the workers have ended.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Binds. The failure names the listener, the address and the reason. `address` as tenon_listen_request.
  // [control]
  Status open(const std::string& address, std::uint16_t port);
  // Accepts on this worker. [worker]
  Status start(std::uint32_t worker);
  // Accepts no more on this worker, if it did; its links stay. [worker]
  void stop(std::uint32_t worker);
  // Gives the address up. REQUIRES: stopped on each worker where it was started. open() may follow. [control]
  void close();
  // No link of this worker is there any more, nor one in its handshakes. [worker]
  bool is_idle(std::uint32_t worker) const;
  // REQUIRES: closed; is_idle(). [worker]
  void end(std::uint32_t worker);
  // Links that are opened from now on have this; the others keep what they have. [control]
  void set_context(ListenerContext context);
  // See ListenerContexts::forget. [control]
  void forget_contexts(const std::function<void()>& settle) { contexts_.forget(settle); }
  // Whoever is in its handshakes is turned away. Any thread.
  void refuse_all() { refuses_.store(true, std::memory_order_relaxed); }
  // Links there are. Any thread.
  std::uint64_t link_count() const { return gate_.count(); }
  // Closes links that are not yet one of the shard's. REQUIRES: stopped there, the shard's links are gone.
  // [worker]
  void abandon(std::uint32_t worker);

  // See ListenerContexts::current. Any thread.
  const ListenerContext& context() const { return contexts_.current(); }
  // Its calls on links; each by itself. [worker]
  std::uint64_t send(tenon_conn* conn, std::span<const tenon_bytes> spans);
  void read_on(tenon_conn* conn);
  void close(tenon_conn* conn, std::uint32_t flags);
  // A link of a peer that was admitted is gone. Any thread.
  void release(std::uint8_t family, const std::array<std::uint8_t, 16>& addr);
  // What filters know of the peer; null without filters. Valid as long as `conn` is. [worker]
  const stack::PeerFacts* facts(tenon_conn* conn) const;
  // Why a filter has ended the link; empty when none did. [worker]
  std::string_view fault(tenon_conn* conn) const;

  const host::Instance& transport() const { return transport_; }
  // In use, also when 0 was asked for; 0 for unix sockets. REQUIRES: it has been open.
  std::uint32_t port() const { return port_; }
  const std::string& address() const { return address_; }

 private:
  static tenon_status on_open(void* user, std::uint32_t worker, tenon_conn* conn, const tenon_peer_info* peer,
                              void** ret_link);
  static std::int64_t on_accepted(void* user, std::uint32_t worker, const tenon_peer_info& peer);
  std::int64_t pace(std::uint32_t worker, const tenon_peer_info& peer);
  bool admit(std::uint32_t worker, const tenon_peer_info& peer);
  void log_refused(const tenon_peer_info& peer, std::string_view filter, std::string_view reason);
  static void on_refused(void* user, std::uint32_t worker, const tenon_peer_info& peer, tenon_status why,
                         std::string_view filter, std::string_view reason);
  static const tenon_link_events events;

  ListenerContexts contexts_;
  ConnectionGate gate_;
  const MemoryMark& memory_;
  host::Instance& transport_;
  std::span<const std::unique_ptr<Shard>> shards_;
  std::unique_ptr<stack::LinkStack> stack_;  // null: no filters, the transport is called directly
  tenon_listener* handle_ = nullptr;
  std::uint32_t port_ = 0;
  std::string address_;
  std::vector<char> begun_;  // by worker, whose thread alone touches it
  std::atomic<bool> refuses_{false};
};

}  // namespace tenon::broker
