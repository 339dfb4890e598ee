#pragma once

#include <tenon/draft/replication.h>

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "made_plugin.h"
#include "replication/memory_log.h"

namespace tenon::tools {

// An engine broke a rule; the text is the finding.
class ReplicationFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct PeerMessage {
  std::uint64_t from;
  std::uint64_t to;
  tenon_group_id group;
  std::string payload;
};

struct AppliedEntry {
  tenon_log_point at;
  std::string data;  // empty but of proposals
};

// What an engine did, for comparison: which call of the host's with what.
struct Effect {
  std::uint64_t member;
  const char* call;
  std::size_t hash;
  bool operator==(const Effect&) const = default;
};

// What all members of a check are made of.
struct ReplicaWorld {
  CheckHost& check_host;
  const tenon_plugin_descriptor& descriptor;
  const Subject& subject;
  std::vector<std::uint64_t> voters;
  std::vector<Effect>& effects;
  std::map<std::uint64_t, std::uint64_t>& leaders;  // term -> member, of all that ever led
};

// One member of one group: an instance of the plugin with a replicator, a log in memory, and a state that
// keeps what is applied. Driven by calls; it has no time of its own. Throws a ReplicationFault at the first
// rule that the engine breaks.
class Replica {
 public:
  static constexpr tenon_group_id group_id{1, 1};

  // Runs from start() on. `world` outlives it.
  Replica(const ReplicaWorld& world, std::uint64_t id);
  ~Replica();
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  // Power is lost, and is there again after start(): of what was being written the first `kept` calls are
  // there, and the state is as of `applied` entries at most.
  void lose_power(std::size_t kept, std::size_t applied);
  void start();
  bool is_running() const { return replicator_ != nullptr; }
  // 0 while it does not run, else another number after each start.
  std::uint64_t run() const { return is_running() ? start_count_ : 0; }

  void step(const std::vector<PeerMessage>& messages);
  void tick(std::int64_t now_ns);
  // TENON_PEER_* of the link to another one.
  void peer_state(std::uint64_t node, std::uint32_t state);
  // One turn, of which nothing is made durable; true: there is more to do at once.
  bool turn();
  // Turns until there is nothing to do at once; nothing is made durable.
  void turn_out();
  // Makes what was written durable, and says so.
  void persist();
  // Turns and writes until there is nothing to do.
  void settle();

  tenon_status propose(const std::string& data, tenon_log_point* ret_at);
  tenon_status read(std::uint64_t context);
  // What was answered to reads, by context: the status and the index.
  std::map<std::uint64_t, std::pair<tenon_status, std::uint64_t>>& reads() { return reads_; }

  std::uint64_t id() const { return id_; }
  bool leads() const { return role_.role == TENON_ROLE_LEADER; }
  std::uint64_t term() const { return role_.term; }
  // From the first entry on.
  const std::vector<AppliedEntry>& applied() const { return applied_; }
  const MemoryLog& log() const { return log_; }
  std::vector<PeerMessage> take_sent() { return std::exchange(sent_, {}); }

 private:
  static Replica& self(void* user) { return *static_cast<Replica*>(user); }
  static const tenon_replication_env& env();
  void stop();
  void open_group();
  void note(const char* call, std::string_view what);
  void keep_fault(const std::string& fault);
  void need_call(const char* call);
  tenon_status take(const tenon_committed* entries, std::uint64_t count);
  void take_role(const tenon_role& role);
  template <class Call>
  auto guarded(bool may_call_host, Call&& call);

  const ReplicaWorld& world_;
  const std::uint64_t id_;
  std::uint64_t start_count_ = 0;
  MemoryLog log_;
  std::vector<AppliedEntry> applied_;
  std::uint64_t term_seen_ = 0;
  std::vector<PeerMessage> sent_;
  std::map<std::uint64_t, std::pair<tenon_status, std::uint64_t>> reads_;
  tenon_role role_{};
  bool may_call_host_ = false;
  std::string fault_;

  std::unique_ptr<host::Instance> instance_;
  tenon_replicator* replicator_ = nullptr;
  tenon_group* group_ = nullptr;
};

}  // namespace tenon::tools
