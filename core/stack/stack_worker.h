#pragma once

#include <tenon/draft/transport.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/worker.h"

namespace tenon::stack {

class LinkStack;
class StackedLink;

// The links of a stack on one worker, and the memory that they share. Belongs to that worker.
class StackWorker {
 public:
  StackWorker(LinkStack& stack, runtime::Worker& worker);
  ~StackWorker();
  StackWorker(const StackWorker&) = delete;
  StackWorker& operator=(const StackWorker&) = delete;

  LinkStack& stack() { return stack_; }
  runtime::Worker& worker() { return worker_; }

  // Once before its first link, and once behind its last one.
  void begin();
  void end();
  std::size_t link_count() const { return links_.size(); }

  // As LinkStack::open.
  tenon_status open(tenon_conn* conn, const tenon_peer_info& peer, void* user, void** ret_link);
  // As LinkStack::make_room_in_handshakes.
  void make_room_in_handshakes(std::size_t count_max);
  // The link has something to do at the end of the turn.
  void mark(StackedLink& link);
  void abandon_all();

  // Memory for what goes into the filter at this level: used by one link at a time, within one call.
  std::span<std::uint8_t> input_buffer(std::size_t level);

 private:
  static void on_turn_end(void* self);
  void end_turn();
  void forget(StackedLink& link);

  LinkStack& stack_;
  runtime::Worker& worker_;
  std::vector<std::vector<std::uint8_t>> buffers_;
  std::vector<std::unique_ptr<StackedLink>> links_;
  std::vector<StackedLink*> marked_;
  std::uint64_t opened_count_ = 0;
};

}  // namespace tenon::stack
