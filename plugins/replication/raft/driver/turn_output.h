#pragma once

#include <tenon/draft/replication.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "algorithm/message.h"
#include "driver/env.h"

namespace tenon::raft {

// What a turn writes and sends, collected over all groups so that one call each hands it over. Used again and
// again.
class TurnOutput {
 public:
  // A write behind all earlier ones of this turn. `hard_state` is empty when it stays as it is.
  void write(tenon_group_id group, std::vector<Entry> entries, std::string_view hard_state);
  // The same for a log that begins anew at `base`.
  void write_from(tenon_group_id group, tenon_log_point base, std::vector<Entry> entries,
                  std::string_view hard_state);
  void send(tenon_group_id group, const Message& message);

  bool has_writes() const { return !writes_.empty(); }
  std::size_t message_count() const { return messages_.size(); }

  // Hands all writes over in one call. REQUIRES: has_writes().
  std::uint64_t flush_writes(const Env& env);
  // Hands all messages over in one call, those of a receiver side by side and in their order. REQUIRES: there
  // are some.
  void flush_messages(const Env& env);

  // Forgets everything that was not flushed.
  void clear();

 private:
  // Positions instead of pointers, as the buffers move while they grow.
  struct Write {
    tenon_log_write abi;
    std::size_t first_entry;
    std::size_t hard_state_at;
    std::size_t hard_state_bytes;
  };
  struct Outgoing {
    std::uint64_t node;
    tenon_group_id group;
    std::size_t at;
    std::size_t bytes;
  };

  void add(tenon_log_write abi, std::vector<Entry> entries, std::string_view hard_state);

  std::vector<Write> writes_;
  std::vector<Entry> entries_;  // keep the payloads until the write was taken
  std::string hard_states_;
  std::vector<Outgoing> messages_;
  std::string payloads_;

  std::vector<tenon_log_entry> abi_entries_;
  std::vector<tenon_log_write> abi_writes_;
  std::vector<tenon_peer_message> abi_messages_;
};

}  // namespace tenon::raft
