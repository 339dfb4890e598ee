/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/net.h>
#include <tenon/draft/transport.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

#include <tenon/plugin.hpp>

TENON_SDK_BEGIN

// The host's callbacks of a listener or link: a full-size copy of its table, and its `user`. Small; copy it
// into what needs it. All calls [worker], that of the link; see tenon_link_events.
class LinkEvents {
 public:
  LinkEvents() = default;
  LinkEvents(const tenon_link_events* events, void* user) : user_(user) {
    std::memcpy(&events_, events, std::min<std::size_t>(events->struct_size, sizeof events_));
  }
  tenon_status on_open(std::uint32_t worker, tenon_conn* conn, const tenon_peer_info& peer,
                       void** ret_link) const {
    return events_.on_open(user_, worker, conn, &peer, ret_link);
  }
  std::span<std::uint8_t> rx_reserve(void* link) const { return span_of(events_.rx_reserve(link)); }
  tenon_status rx_commit(void* link, std::uint64_t len) const { return events_.rx_commit(link, len); }
  void on_writable(void* link) const { events_.on_writable(link); }
  void on_closed(void* link, tenon_status why, int native_errno) const {
    events_.on_closed(link, why, native_errno);
  }

 private:
  tenon_link_events events_{};
  void* user_ = nullptr;
};

// Base of a transport. Derived names two classes of its own, Conn and Listener, whose objects are the handles
// that the host holds, and has
//   Listener* listen(const tenon_listen_request&, const LinkEvents&)                        [setup] throws a
//   Failure static void listener_close(Listener*)                                                   [setup]
//   tenon_status connect(std::uint32_t worker, const tenon_connect_request&, const LinkEvents&, tenon_op)
//   [worker]
// Listener has
//   std::uint32_t port() const                                                              [setup]
//   void accept_start(std::uint32_t worker)                                                 [worker] throws a
//   Failure void accept_stop(std::uint32_t worker)                                                  [worker]
// and Conn has
//   std::uint64_t send_v(std::span<const tenon_bytes>)                                      [worker] bytes
//   taken void set_reading(bool on)                                                               [worker]
//   void close(bool flush)                                                                  [worker] may
//   delete this
template <class Derived>
class TransportPlugin : public Plugin<Derived> {
 public:
  static constexpr const char* kind_id = TENON_TRANSPORT_ID;
  using Plugin<Derived>::Plugin;

  const void* table_for(std::string_view id) const {
    static constexpr tenon_transport table = make_table();
    return id == TENON_TRANSPORT_ID ? &table : nullptr;
  }

  // The handle of a connection and back.
  template <class C>
  static tenon_conn* raw(C* conn) {
    return reinterpret_cast<tenon_conn*>(conn);
  }

 protected:
  ~TransportPlugin() = default;

 private:
  static auto* conn(tenon_conn* raw) { return reinterpret_cast<typename Derived::Conn*>(raw); }
  static auto* listener(tenon_listener* raw) { return reinterpret_cast<typename Derived::Listener*>(raw); }
  static Derived& self(tenon_plugin* p) { return Plugin<Derived>::self(p); }

  static tenon_status listen_fn(tenon_plugin* p, const tenon_listen_request* request,
                                const tenon_link_events* events, void* user, tenon_listener** ret_listener,
                                tenon_error* error) noexcept {
    return guarded(error, [&] {
      typename Derived::Listener* made = self(p).listen(*request, LinkEvents(events, user));
      *ret_listener = reinterpret_cast<tenon_listener*>(made);
    });
  }
  static std::uint32_t port_fn(const tenon_listener* raw) noexcept {
    return reinterpret_cast<const typename Derived::Listener*>(raw)->port();
  }
  static tenon_status accept_start_fn(tenon_listener* raw, std::uint32_t worker,
                                      tenon_error* error) noexcept {
    return guarded(error, [&] { listener(raw)->accept_start(worker); });
  }
  static void accept_stop_fn(tenon_listener* raw, std::uint32_t worker) noexcept {
    guarded_void([&] { listener(raw)->accept_stop(worker); });
  }
  // The listener knows its plugin; the ABI passes the listener alone.
  static void listener_close_fn(tenon_listener* raw) noexcept {
    guarded_void([&] { Derived::listener_close(listener(raw)); });
  }
  static tenon_status connect_fn(tenon_plugin* p, std::uint32_t worker, const tenon_connect_request* request,
                                 const tenon_link_events* events, void* user, tenon_op op) noexcept {
    return guarded(nullptr, [&] { return self(p).connect(worker, *request, LinkEvents(events, user), op); });
  }
  static void send_fn(tenon_conn* raw, const tenon_bytes* spans, std::uint32_t count,
                      std::uint64_t* ret_len) noexcept {
    guarded_void([&] { *ret_len = conn(raw)->send_v(std::span<const tenon_bytes>(spans, count)); });
  }
  static void set_reading_fn(tenon_conn* raw, std::uint32_t on) noexcept {
    guarded_void([&] { conn(raw)->set_reading(on != 0); });
  }
  static void close_fn(tenon_conn* raw, std::uint32_t flags) noexcept {
    guarded_void([&] { conn(raw)->close((flags & TENON_CLOSE_FLUSH) != 0); });
  }

  static constexpr tenon_transport make_table() {
    tenon_transport table{};
    table.struct_size = sizeof table;
    table.listen = listen_fn;
    table.listener_port = port_fn;
    table.accept_start = accept_start_fn;
    table.accept_stop = accept_stop_fn;
    table.listener_close = listener_close_fn;
    table.connect = connect_fn;
    table.send_v = send_fn;
    table.set_reading = set_reading_fn;
    table.close = close_fn;
    return table;
  }
};

// tenon.host.net/1 (draft; list it in requires_host).
class Net {
 public:
  Net() = default;
  explicit Net(const tenon_host* host) : table_(host, TENON_HOST_NET_ID) {}

  // [setup]
  tenon_status transport(std::string_view name, const tenon_transport** ret_transport,
                         tenon_plugin** ret_instance) const {
    return table_->transport(table_.host(), abi(name), ret_transport, ret_instance);
  }
  // Connects through a transport; on_done hears of the end on this worker, unless this throws. [worker]
  void connect(const tenon_transport* transport, tenon_plugin* instance, std::uint32_t worker,
               const tenon_connect_request& request, const tenon_link_events* events, void* user,
               void (*on_done)(void* user, tenon_status status), void* done_user) const {
    const tenon_op op = table_->open_op(table_.host(), instance, on_done, done_user);
    if (op == 0) throw Failure(TENON_E_BUSY, "the transport has too many connections under way");
    const tenon_status status = transport->connect(instance, worker, &request, events, user, op);
    if (status == TENON_PENDING) return;
    table_->close_op(table_.host(), instance, op);
    check(status, "connecting");
    on_done(done_user, status);
  }

 private:
  HostTable<tenon_host_net> table_;
};

TENON_SDK_END
