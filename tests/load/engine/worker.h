#pragma once

#include <netinet/in.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "load/engine/endpoint.h"
#include "load/engine/link.h"
#include "load/engine/tls_context.h"
#include "load/stats/counters.h"

namespace tenon::load {

// What all links of a run share.
struct WorkerConfig {
  Endpoint broker;
  Endpoint publish_broker;       // where links with LinkPlan::at_publish_broker connect
  std::vector<in_addr> sources;  // empty: the kernel chooses
  Version version = Version::v3_1_1;
  std::uint16_t keep_alive_s = 0;
  std::string username;
  std::string password;
  std::shared_ptr<const TlsContext> tls;  // null: none
  std::uint32_t handshakes_max = 200;     // links per worker that connect at the same time
};

// Told about the rhythm of a worker's loop; called on its thread.
class LoopClient {
 public:
  virtual ~LoopClient() = default;
  virtual void on_turn_end() {}                      // after each batch of events
  virtual void on_tick(std::uint64_t /*now_ns*/) {}  // about ten times a second
  virtual void on_timer() {}                         // the time given to Worker::arm_timer has come
};

// One thread with an epoll loop and the links on it.
//
// Constructed and destroyed by the coordinator; post(), call() and error() are for any thread; everything
// else for the worker's own thread, which call() reaches.
class Worker {
 public:
  explicit Worker(WorkerConfig config, std::uint32_t index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `task` on the worker's thread, later / before returning. What a task throws, call() throws again.
  void post(std::function<void()> task);
  void call(const std::function<void()>& task);
  // The first fault's text; empty while there was none.
  std::string error() const;

  std::uint32_t index() const { return index_; }
  const WorkerConfig& config() const { return config_; }
  Counters& counters() { return counters_; }
  void set_client(LoopClient* client) { client_ = client; }

  // The worker owns the link until it ends; `handler` must live as long.
  Link& add_link(LinkHandler& handler, LinkPlan plan);
  // Opens the link as soon as fewer than handshakes_max are connecting.
  void connect(Link& link) { to_connect_.push_back(&link); }
  std::uint64_t ready_count() const { return ready_count_; }
  std::uint64_t link_count() const { return links_.size(); }
  void disconnect_all();

  // Time at which the current turn began.
  std::uint64_t turn_ns() const { return turn_ns_; }
  // CPU time of the worker's thread.
  double cpu_s() const;
  // on_timer() once at `at_ns` of the monotonic clock; replaces an earlier time.
  void arm_timer(std::uint64_t at_ns);

  // Space for building packets; contents last until the next use by anyone.
  std::span<std::uint8_t> write_buffer() { return write_buffer_; }
  // Makes it at least so large. Not while it is in use.
  void reserve_write_buffer(std::size_t bytes);

  // For Link.
  void watch(int fd, Link& link, std::uint32_t epoll_events);
  void rewatch(int fd, Link& link, std::uint32_t epoll_events);
  // At least twice `kept_bytes` long. write_buffer() is never shorter.
  std::span<std::uint8_t> read_buffer(std::size_t kept_bytes);
  const in_addr* next_source();
  void on_link_ready();
  void on_handshake_over() { --handshakes_; }
  void note_error(const std::string& text);

 private:
  void run();
  void turn();
  void run_tasks();
  void open_waiting();
  void tick();
  void ping_idle_links();

  const WorkerConfig config_;
  const std::uint32_t index_;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  FileDescriptor timer_;
  LoopClient* client_ = nullptr;
  Counters counters_;
  std::vector<std::uint8_t> read_buffer_;
  std::vector<std::uint8_t> write_buffer_;
  std::vector<std::unique_ptr<Link>> links_;
  std::deque<Link*> to_connect_;
  bool more_to_open_ = false;  // it was this turn's share that ended, and no limit
  std::uint32_t handshakes_ = 0;
  std::uint64_t ready_count_ = 0;
  std::size_t next_source_ = 0;
  std::uint64_t turn_ns_ = 0;
  std::uint64_t last_tick_ns_ = 0;
  std::uint64_t last_ping_ns_ = 0;

  mutable std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;  // guarded by mutex_
  std::string error_;                         // guarded by mutex_
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // last: starts when everything else is there
};

}  // namespace tenon::load
