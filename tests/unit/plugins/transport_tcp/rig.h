#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <tenon/draft/transport.h>

#include "fake_host.h"

namespace tenon::transport_tcp::testing {

class Rig;

// The host's side of one link. `output` and the wishes belong to its worker; the rest is read in
// wait_until().
struct TestLink {
  Rig* rig = nullptr;
  std::uint32_t worker = 0;
  tenon_conn* conn = nullptr;  // null once closed by either side
  tenon_peer_info peer{};
  std::string received;
  int reserve_count = 0;
  int writable_count = 0;
  bool closed = false;  // on_closed was called
  tenon_status why = TENON_OK;
  int native_errno = 0;

  std::vector<std::uint8_t> space;
  std::string output;  // what the turn hook sends
  bool echo = false;
  bool blocked = false;                   // send_v took less; wait for on_writable
  bool calling = false;                   // inside a call into the plugin
  std::size_t pause_at_bytes = SIZE_MAX;  // answer TENON_AGAIN once so much has come
  bool close_when_sent = false;
};

// One instance of the plugin, started on a fake host through the entry of its module, as a broker does it.
class Rig {
 public:
  struct Setup {
    std::uint32_t worker_count = 1;
    std::map<std::string, FakeHost::Option> options = {};
  };
  Rig() : Rig(Setup{}) {}
  explicit Rig(const Setup& setup);
  // Takes down what is still up, in the order of abi/module.h.
  ~Rig();

  FakeHost& host() { return host_; }
  const tenon_transport& transport() const { return *transport_; }

  // Binds, and accepts on all workers; `tenon_error` of a failure is in last_error.
  tenon_status listen(const std::string& address, std::uint32_t port = 0);
  std::uint32_t port() const { return transport_->listener_port(listener_); }
  void accept_start();
  void accept_stop();
  void listener_close();

  // Starts to connect on worker 0; the end of the operation is waited for with ended().
  tenon_status connect(const std::string& address, std::uint32_t port, std::int64_t patience_ns, tenon_op op);
  tenon_status ended(tenon_op op);

  tenon_status quiesce(tenon_op op) { return plugin_->quiesce(plugin_, op); }
  void stop_workers();

  // The link number `index` in the order of opening, when it is there.
  TestLink& link(std::size_t index);
  std::size_t link_count();
  // Looks at a link in wait_until().
  bool wait_for(TestLink& link, const std::function<bool(const TestLink&)>& condition);

  // On the link's worker: sends by the turn hook; closes at once.
  void send(TestLink& link, const std::string& text);
  void close(TestLink& link, std::uint32_t flags);
  void set_reading(TestLink& link, bool on);

  // How links behave that open from now on.
  void on_new_link(const std::function<void(TestLink&)>& fn) {
    host_.note([&] { on_new_link_ = fn; });
  }
  std::atomic<tenon_status> open_answer{TENON_OK};
  tenon_error last_error{};
  int closed_count = 0;  // calls of on_closed; read in wait_until() or note()

 private:
  static const tenon_link_events* events();
  static tenon_status on_open(void* user, std::uint32_t worker, tenon_conn* conn, const tenon_peer_info* peer,
                              void** ret_link);
  static tenon_span rx_reserve(void* link);
  static tenon_status rx_commit(void* link, std::uint64_t len);
  static void on_writable(void* link);
  static void on_closed(void* link, tenon_status why, std::int32_t native_errno);
  static void on_turn_end(void* user);
  void flush(TestLink& link);

  FakeHost host_;
  std::function<void(TestLink&)> on_new_link_;  // under the lock of note()
  tenon_plugin* plugin_ = nullptr;
  const tenon_transport* transport_ = nullptr;
  tenon_listener* listener_ = nullptr;
  bool accepting_ = false;
  bool workers_started_ = false;
  std::vector<void*> worker_contexts_;
  std::vector<std::unique_ptr<TestLink>> links_;  // under the lock of note()
  struct PerWorker {
    Rig* rig;
    std::vector<TestLink*> links;
  };
  std::vector<PerWorker> per_worker_;
};

}  // namespace tenon::transport_tcp::testing
