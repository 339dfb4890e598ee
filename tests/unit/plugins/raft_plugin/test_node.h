#pragma once

#include <tenon/draft/replication.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "memory_journal.h"
#include "support/fake_host.h"
#include "support/plugin_module.h"
#include "support/sim_disk.h"

namespace tenon::test {

// Members as a test writes them.
struct Members {
  std::vector<std::uint64_t> voters;
  std::vector<std::uint64_t> outgoing{};
  std::vector<std::uint64_t> learners{};

  tenon_membership view() const;
};
Members members_of(const tenon_membership& membership);

struct AppliedEntry {
  tenon_log_point at;
  std::uint32_t type;
  std::string data;
};

// The state of one group at one node, and what the plugin said about it. Survives a crash but for the handle.
struct TestGroup {
  tenon_group_id id;
  tenon_group* handle = nullptr;
  tenon_log_point applied{};
  Members members;                    // as of `applied`
  std::vector<AppliedEntry> entries;  // all that was applied here, or came with a state
  tenon_role role{};
  std::uint32_t role_calls = 0;
  std::map<std::uint64_t, std::pair<tenon_status, std::uint64_t>> reads;
  std::vector<std::uint64_t> snapshots_wanted;
  std::string poison;
  tenon_status apply_status = TENON_OK;  // what the next apply answers
  std::uint32_t apply_calls = 0;

  bool leads() const { return role.role == TENON_ROLE_LEADER; }
  bool has(const std::string& data) const;
  std::uint32_t count(const std::string& data) const;
};

struct SentMessage {
  std::uint64_t from;
  std::uint64_t to;
  tenon_group_id group;
  std::string payload;
};

// One node: the plugin's .so with a journal and states around it.
class TestNode {
 public:
  TestNode(std::uint64_t id, std::string options);
  ~TestNode();

  void start();
  // The process is gone, and of its unwritten calls all but the first `kept`.
  void crash(std::size_t kept = 0);
  bool running() const { return replicator_ != nullptr; }

  // Opens a group with what state and journal hold. `founders` counts when there is neither.
  TestGroup& open(tenon_group_id group, const Members& founders, std::uint32_t flags = 0);
  tenon_status try_open(const tenon_group_open& open, tenon_group** ret_group, std::string* ret_error);

  void step(const std::vector<SentMessage>& messages);
  void tick(std::int64_t now_ns) { kind_->tick(replicator_, now_ns); }
  std::uint32_t turn() { return kind_->turn(replicator_); }
  // Makes everything durable that was asked for, and says so.
  void persist();
  // Turns and writes until there is nothing to do.
  void settle();
  void peer_state(std::uint64_t node, std::uint32_t state) { kind_->peer_state(replicator_, node, state); }

  tenon_status propose(tenon_group_id group, const std::string& data, tenon_log_point* ret_at = nullptr);
  // Replaces the state of a group by that of another node.
  tenon_status install(const TestGroup& source);
  tenon_status change(tenon_group_id group, const Members& target);
  tenon_group_status status(tenon_group_id group);

  std::uint64_t id() const { return id_; }
  const tenon_replication& kind() const { return *kind_; }
  TestGroup& group(tenon_group_id id) { return groups_.at({id.range, id.incarnation}); }
  // The state of a group that is to be opened, for a test to fill.
  TestGroup& prepare(tenon_group_id id) { return groups_[{id.range, id.incarnation}]; }
  bool is_open(tenon_group_id id) const {
    const auto found = groups_.find({id.range, id.incarnation});
    return found != groups_.end() && found->second.handle != nullptr;
  }
  const std::map<std::pair<std::uint64_t, std::uint64_t>, TestGroup>& groups() const { return groups_; }
  MemoryJournal& journal() { return journal_; }
  FakeHost& host() { return *host_; }
  // What was sent since the last call.
  std::vector<SentMessage> take_sent() { return std::exchange(sent_, {}); }
  std::uint32_t send_calls() const { return send_calls_; }
  std::uint64_t apply_calls() const;

 private:
  static TestNode& self(void* user) { return *static_cast<TestNode*>(user); }
  static const tenon_replication_env& env();

  const std::uint64_t id_;
  const std::string options_;
  SimDisk disk_{1};
  MemoryJournal journal_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, TestGroup> groups_;
  std::vector<SentMessage> sent_;
  std::uint32_t send_calls_ = 0;
  std::uint32_t starts_ = 0;

  std::unique_ptr<FakeHost> host_;
  PluginInstance plugin_;
  const tenon_replication* kind_ = nullptr;
  tenon_replicator* replicator_ = nullptr;
};

}  // namespace tenon::test
