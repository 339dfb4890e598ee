#pragma once

#include <tenon/draft/transport.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "admin/http/connection.h"
#include "admin/http/link_places.h"
#include "base/clock.h"
#include "base/result.h"
#include "host/instance.h"
#include "observe/log/log.h"
#include "observe/metrics/registry.h"
#include "runtime/worker.h"
#include "stack/link_stack.h"

namespace tenon::node {

// What the API's listeners have in common; outlives them.
struct ApiContext {
  const admin::HttpHandler& handler;
  const Clock& clock;
  std::uint32_t own_uid = 0;
  observe::Log& log;
  // Called for each answered request, on the worker.
  admin::HttpConnection::OnAnswered on_answered;
};

// One address that the HTTP API is served at, over a transport plugin and filters, on worker 0. It has places
// for so many links (admin::PlaceLimits), handshakes of filters included.
class ApiListener {
 public:
  // `worker` is worker 0. All outlive the listener; it is made before the worker runs. `filters`: from the
  // transport upwards.
  ApiListener(const ApiContext& context, host::Instance& transport, std::vector<host::Instance*> filters,
              runtime::Worker& worker);
  // REQUIRES: stopped.
  ~ApiListener();
  ApiListener(const ApiListener&) = delete;
  ApiListener& operator=(const ApiListener&) = delete;

  // Binds; `address` and `port` as tenon_listen_request. [control]
  Status open(const std::string& address, std::uint16_t port);
  // On worker 0.
  Status start();
  // Accepts no more, and closes its links. On worker 0.
  void stop();
  // Closes what filters still hold. The last thing that happens on worker 0.
  void abandon();
  // In use, also when 0 was asked for. REQUIRES: open.
  std::uint32_t port() const { return transport_.transport().listener_port(handle_); }

 private:
  struct Link;
  // Of filters; on_open or on_refused ends it.
  struct Handshake {
    std::string address;
    MonoNs since_ns = 0;
  };

  static tenon_status on_open(void* user, std::uint32_t worker, tenon_conn* conn, const tenon_peer_info* peer,
                              void** ret_link);
  static tenon_span rx_reserve(void* link);
  static tenon_status rx_commit(void* link, std::uint64_t len);
  static void on_writable(void* link);
  static void on_closed(void* link, tenon_status why, std::int32_t native_errno);
  static const tenon_link_events events;
  static std::int64_t on_accepted(void* user, std::uint32_t worker, const tenon_peer_info& peer);
  static void on_refused(void* user, std::uint32_t worker, const tenon_peer_info& peer, tenon_status why,
                         std::string_view filter, std::string_view reason);

  static void on_turn_end(void* self);
  static void on_second(void* self);
  void serve(Link& link);
  void begin_work(Link& link);
  void on_response(std::uint64_t number, admin::HttpResponse&& response);
  void note(Link& link);
  void close(Link& link);
  bool make_room(const tenon_peer_info& peer);
  void end_handshake(const tenon_peer_info& peer);
  std::uint64_t send(tenon_conn* conn, const tenon_bytes& bytes);
  void read_on(tenon_conn* conn);

  const ApiContext& context_;
  host::Instance& transport_;
  runtime::Worker& worker_;
  std::unique_ptr<stack::LinkStack> stack_;  // null: there are no filters
  tenon_listener* handle_ = nullptr;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<Handshake> handshakes_;
  std::vector<std::uint8_t> read_buffer_;
  bool dirty_ = false;
  std::uint64_t last_work_ = 0;
  // Gone with this: a response that is made later finds out by it.
  const std::shared_ptr<ApiListener*> self_ = std::make_shared<ApiListener*>(this);
};

}  // namespace tenon::node
