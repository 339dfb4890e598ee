#pragma once

#include <tenon/draft/filter.h>
#include <tenon/draft/transport.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/reactor.h"
#include "host/instance.h"
#include "stack/peer_facts.h"

namespace tenon::stack {

class StackWorker;

// One link and its filters: moves bytes from the transport through the filters up to the user, and back down.
// Belongs to one worker.
//
// What comes in goes through at once, in the memory that the next one up has reserved. What goes out while
// the transport calls waits for the end of the turn, since the transport is called outside of its callbacks
// only; otherwise it goes straight to the transport, and only what that does not take is copied.
class StackedLink {
 public:
  // `user`: as LinkUser.user, of this link.
  StackedLink(StackWorker& worker, tenon_conn* conn, const tenon_peer_info& peer, void* user);
  ~StackedLink();
  StackedLink(const StackedLink&) = delete;
  StackedLink& operator=(const StackedLink&) = delete;

  // The link of a handle that LinkUser.events.on_open was given.
  static StackedLink& of(tenon_conn* handle) { return *reinterpret_cast<StackedLink*>(handle); }

  // Opens the filters, which are given nothing before `wait_ns` have passed. Error: the link is not to be;
  // nothing is left open, and a user that knew it already was told its end.
  tenon_status begin(std::int64_t wait_ns);

  // From the transport.
  tenon_span rx_reserve();
  tenon_status rx_commit(std::uint64_t len);
  void on_writable();
  void on_closed(tenon_status why, std::int32_t native_errno);

  // From the user, as tenon_transport; not within a call of its events.
  std::uint64_t send(std::span<const tenon_bytes> spans);
  void set_reading(bool on);
  void close(std::uint32_t flags);
  const PeerFacts& facts() const { return facts_; }
  // Why a filter has ended the link; empty when none did.
  const std::string& fault() const { return fault_; }

  // From the StackWorker.
  bool set_marked() { return !std::exchange(marked_, true); }
  bool is_marked() const { return marked_; }
  bool is_over() const { return conn_ == nullptr; }
  void end_of_turn();
  // Closes at once, without a word to the user.
  void abandon();
  bool is_in_handshakes() const { return conn_ && !opened_ && !closing_ && failure_ == TENON_OK; }
  // Others want its place. REQUIRES: is_in_handshakes().
  void crowd_out();
  std::size_t slot = 0;      // its place among the links of the worker
  std::uint64_t number = 0;  // grows with each link that is opened

 private:
  // One filter of this link.
  struct Level {
    StackedLink* link = nullptr;
    host::Instance* filter = nullptr;
    tenon_filter_conn* conn = nullptr;
    std::uint32_t index = 0;
    bool ready = false;
    bool aside = false;               // bytes pass it by
    bool held = false;                // it has more to give than was wanted above
    std::vector<std::uint8_t> stash;  // what it has not taken yet
  };
  struct HostCalls;  // the functions of tenon_filter_host

  tenon_status open_filter(Level& level);
  tenon_status feed(Level& level, Bytes bytes);
  tenon_status pass_by(Level& level, Bytes bytes, std::uint64_t& taken);
  tenon_span reserve_above(const Level& level);
  tenon_status commit_above(const Level& level, std::uint64_t len);
  tenon_status on_ready(Level& level);
  void put_below(const Level& level, std::span<const tenon_bytes> spans);
  void put_out(std::span<const tenon_bytes> spans);
  void add_fact(std::uint32_t key, std::string_view value);

  bool is_direct() const;
  bool is_held() const;
  bool has_output() const { return output_at_ < output_.size(); }
  Level* top();
  void resume();
  void flush();
  std::uint64_t send_now(std::span<const tenon_bytes> spans);
  void fail(const Level* level, tenon_status status);
  // The last words of the lowest `count` filters, from the top.
  void finish(std::size_t count);
  void report_end();
  void release_filters();
  void close_transport(std::uint32_t flags);
  void end(std::uint32_t flags);
  void start_deadline(std::int64_t after_ns);
  void cancel_deadline();
  static void on_deadline(void* self);
  static void on_wait_over(void* self);

  StackWorker& worker_;
  void* const user_;
  tenon_conn* conn_;       // null once the link is over
  void* above_ = nullptr;  // the user's side; null before all filters are ready, and after its end
  tenon_peer_info peer_;
  std::vector<Level> levels_;
  std::vector<std::uint8_t> output_;  // what the transport has not taken yet, from output_at_ on
  std::size_t output_at_ = 0;
  PeerFacts facts_;
  std::string fault_;
  std::string_view failed_filter_;
  std::size_t sound_count_ = 0;  // behind a failure: of filters, from the lowest on, that have no part in it
  TimerToken deadline_{};
  TimerToken wait_{};
  tenon_status failure_ = TENON_OK;
  bool deadline_armed_ = false;
  bool waits_ = false;          // for its turn
  bool opened_ = false;         // the user knows it, or has known it
  bool in_callback_ = false;    // of the transport
  bool write_blocked_ = false;  // the transport takes no more for now
  bool above_blocked_ = false;  // the user has more to send
  bool above_wants_ = true;     // the user takes more
  bool reading_ = true;         // what the transport was last told
  bool marked_ = false;
  bool closing_ = false;  // nobody is above any more; what was taken is on its way
};

}  // namespace tenon::stack
