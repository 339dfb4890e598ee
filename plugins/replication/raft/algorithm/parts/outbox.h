#pragma once

#include <cstddef>
#include <vector>

#include "algorithm/message.h"
#include "algorithm/ready.h"

namespace tenon::raft {

// Numbers the writes, and keeps messages back that depend on one until it is durable. Of answers to
// heartbeats that wait for the same write the last one is enough, so a disk that takes long does not make
// them many.
class Outbox {
 public:
  // Leaves with the next Ready.
  void send(Message message) { now_.push_back(std::move(message)); }

  // Leaves once everything that this replica has decided up to now is durable.
  void send_durable(Message message) { unnumbered_.push_back(std::move(message)); }

  // A write with all that is not yet handed out begins; its number.
  WriteNumber begin_write();

  // Nothing is left to hand out: what was sent depends on the writes under way only.
  void no_write();

  // The writes up to `write` are durable. REQUIRES: write was begun.
  void durable(WriteNumber write);

  WriteNumber begun() const { return begun_; }
  bool all_durable() const { return begun_ == durable_; }

  bool has_messages() const { return !now_.empty(); }
  bool has_unnumbered() const { return !unnumbered_.empty(); }
  std::vector<Message> take();

  // Forgets every message.
  void clear();

  std::size_t memory_bytes() const;

 private:
  struct Held {
    WriteNumber write;
    Message message;
  };

  void hold(Message message);

  std::vector<Message> now_;
  std::vector<Message> unnumbered_;
  std::vector<Held> held_;  // in the order of their writes
  WriteNumber begun_ = 0;
  WriteNumber durable_ = 0;
};

}  // namespace tenon::raft
