#pragma once

#include <tenon/draft/replication.h>
#include <tenon/health.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "driver/member.h"
#include "driver/member_context.h"
#include "driver/turn_output.h"
#include "driver/writes_under_way.h"

namespace tenon::raft {

// All members of a node, behind one row of calls. Only those with something to do are looked at.
class Replicator final : private MemberOwner {
 public:
  using Group = Member;

  // What it is made of; `options` and `counters` must outlive it.
  struct Setup {
    const PluginOptions& options;
    const Counters& counters;
    sdk::Log log;
    sdk::Health health;
  };

  // Throws a Failure when `open` lacks something.
  Replicator(const Setup& setup, const tenon_replication_open& open);
  ~Replicator();

  // The calls of tenon_replication.
  Member* group_open(const tenon_group_open& open);
  void step_v(std::span<const tenon_peer_message> messages);
  void tick(std::int64_t now_mono_ns);
  void persisted(std::uint64_t sequence);
  void peer_state(std::uint64_t node, std::uint32_t state);
  std::uint32_t turn();

 private:
  using Key = std::pair<std::uint64_t, std::uint64_t>;

  void close(Member& member) override;
  void step(const tenon_peer_message& message);
  std::uint32_t elapsed_ticks(std::int64_t now_mono_ns);
  std::vector<WritePart> collect(const std::vector<Member*>& due);
  void flush(std::vector<WritePart> parts);
  void finish(const std::vector<Member*>& due);
  void report();

  const tenon_replication_open open_;
  const Counters& counters_;
  sdk::Health health_;
  MemberContext context_;
  WritesUnderWay writes_;
  TurnOutput output_;
  std::map<Key, std::unique_ptr<Member>> members_;

  bool in_turn_ = false;
  std::vector<std::unique_ptr<Member>> closed_in_turn_;  // whose calls are on the stack, perhaps

  bool ticked_ = false;
  std::int64_t last_tick_ns_ = 0;
  std::size_t reported_poisoned_ = 0;
};

}  // namespace tenon::raft
