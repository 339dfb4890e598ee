#include "test_node.h"

#include <algorithm>
#include <stdexcept>

#include "abi_text.h"

namespace tenon::test {
namespace {

constexpr int turns_max = 100;

TestGroup& group_of(void* user) {
  return *static_cast<TestGroup*>(user);
}

tenon_status apply(void* user, const tenon_committed* entries, std::uint64_t count) {
  TestGroup& group = group_of(user);
  ++group.apply_calls;
  if (group.apply_status != TENON_OK) return group.apply_status;
  for (std::uint64_t i = 0; i < count; ++i) {
    const tenon_committed& entry = entries[i];
    if (entry.at.index != group.applied.index + 1) return TENON_E_INTERNAL;  // left out, or applied twice
    group.applied = entry.at;
    if (entry.membership != nullptr) group.members = members_of(*entry.membership);
    group.entries.push_back({entry.at, entry.type, text_of(entry.data)});
  }
  return TENON_OK;
}

void read_ready(void* user, std::uint64_t context, tenon_status status, std::uint64_t index) {
  group_of(user).reads[context] = {status, index};
}
void role_changed(void* user, const tenon_role* role) {
  group_of(user).role = *role;
  ++group_of(user).role_calls;
}
void snapshot_wanted(void* user, std::uint64_t to) {
  group_of(user).snapshots_wanted.push_back(to);
}
void poisoned(void* user, tenon_bytes reason) {
  group_of(user).poison = text_of(reason);
}

}  // namespace

tenon_membership Members::view() const {
  tenon_membership view{};
  view.struct_size = sizeof view;
  view.voters = voters.data();
  view.voter_count = static_cast<std::uint32_t>(voters.size());
  view.outgoing = outgoing.data();
  view.outgoing_count = static_cast<std::uint32_t>(outgoing.size());
  view.learners = learners.data();
  view.learner_count = static_cast<std::uint32_t>(learners.size());
  return view;
}

Members members_of(const tenon_membership& membership) {
  return {{membership.voters, membership.voters + membership.voter_count},
          {membership.outgoing, membership.outgoing + membership.outgoing_count},
          {membership.learners, membership.learners + membership.learner_count}};
}

bool TestGroup::has(const std::string& data) const {
  return count(data) > 0;
}

std::uint32_t TestGroup::count(const std::string& data) const {
  const auto is_it = [&](const AppliedEntry& entry) { return entry.data == data; };
  return static_cast<std::uint32_t>(std::count_if(entries.begin(), entries.end(), is_it));
}

TestNode::TestNode(std::uint64_t id, std::string options) : id_(id), options_(std::move(options)) {
  start();
}

TestNode::~TestNode() {
  if (running()) crash();
}

const tenon_replication_env& TestNode::env() {
  static const tenon_replication_env env = [] {
    tenon_replication_env e{};
    e.struct_size = sizeof e;
    e.send_v = [](void* user, const tenon_peer_message* messages, std::uint64_t count) {
      TestNode& node = self(user);
      ++node.send_calls_;
      for (std::uint64_t i = 0; i < count; ++i)
        node.sent_.push_back({node.id_, messages[i].node, messages[i].group, text_of(messages[i].payload)});
    };
    e.write_v = [](void* user, const tenon_log_write* writes, std::uint64_t count,
                   std::uint64_t* ret_sequence) { *ret_sequence = self(user).journal_.queue(writes, count); };
    e.apply = apply;
    e.read_ready = read_ready;
    e.role_changed = role_changed;
    e.snapshot_wanted = snapshot_wanted;
    e.poisoned = poisoned;
    return e;
  }();
  return env;
}

void TestNode::start() {
  host_ = std::make_unique<FakeHost>(disk_, "/data", options_);
  plugin_ =
      start_plugin(PluginModule(TENON_REPLICATION_RAFT).plugin_of_kind(TENON_REPLICATION_ID), host_->get());
  kind_ = static_cast<const tenon_replication*>(plugin_->get_interface(plugin_.get(), TENON_REPLICATION_ID));
  tenon_replication_open open{};
  open.struct_size = sizeof open;
  open.node = id_;
  open.seed = id_ * 1000 + ++starts_;
  open.env = &env();
  open.user = this;
  open.log = &MemoryJournal::table();
  open.journal = journal_.handle();
  if (kind_->open(plugin_.get(), &open, &replicator_, nullptr) != TENON_OK)
    throw std::runtime_error("the replicator does not open");
}

void TestNode::crash(std::size_t kept) {
  for (auto& [id, group] : groups_) {
    if (group.handle != nullptr) kind_->group_close(group.handle);
    group.handle = nullptr;
    group.role = {};
  }
  kind_->close(replicator_);
  replicator_ = nullptr;
  plugin_.reset();
  journal_.crash(kept);
  sent_.clear();
}

TestGroup& TestNode::open(tenon_group_id id, const Members& founders, std::uint32_t flags) {
  TestGroup& group = groups_[{id.range, id.incarnation}];
  group.id = id;
  if (group.applied.index == 0) group.members = founders;
  const std::string hard_state = journal_.hard_state(id);
  const tenon_membership membership = group.members.view();
  tenon_group_open open{};
  open.struct_size = sizeof open;
  open.flags = flags;
  open.id = id;
  open.group_user = &group;
  open.applied = group.applied;
  open.membership = &membership;
  open.hard_state = bytes_of(hard_state);
  std::string why;
  if (try_open(open, &group.handle, &why) != TENON_OK)
    throw std::runtime_error("a group does not open: " + why);
  return group;
}

tenon_status TestNode::try_open(const tenon_group_open& open, tenon_group** ret_group,
                                std::string* ret_error) {
  tenon_error error{};
  error.struct_size = sizeof error;
  const tenon_status status = kind_->group_open(replicator_, &open, ret_group, &error);
  *ret_error = error.message;
  return status;
}

void TestNode::step(const std::vector<SentMessage>& messages) {
  std::vector<tenon_peer_message> abi;
  for (const SentMessage& message : messages)
    abi.push_back({message.from, message.group, bytes_of(message.payload)});
  kind_->step_v(replicator_, abi.data(), abi.size());
}

void TestNode::persist() {
  if (const std::uint64_t sequence = journal_.persist()) kind_->persisted(replicator_, sequence);
  if (!journal_.fault().empty()) throw std::runtime_error(journal_.fault());
}

void TestNode::settle() {
  for (int i = 0; i < turns_max; ++i) {
    const bool more = turn() != 0;
    const bool writes = journal_.queued_calls() > 0;
    persist();
    if (!more && !writes) return;
  }
  throw std::runtime_error("a node does not come to rest");
}

tenon_status TestNode::propose(tenon_group_id id, const std::string& data, tenon_log_point* ret_at) {
  tenon_log_point at{};
  const tenon_status status = kind_->propose(group(id).handle, bytes_of(data), &at);
  if (status == TENON_OK && ret_at != nullptr) *ret_at = at;
  return status;
}

tenon_status TestNode::install(const TestGroup& source) {
  if (!running()) return TENON_E_CLOSED;
  TestGroup& mine = group(source.id);
  const tenon_membership membership = source.members.view();
  const tenon_status status = kind_->snapshot_installed(mine.handle, source.applied, &membership);
  if (status != TENON_OK) return status;
  mine.applied = source.applied;
  mine.members = source.members;
  mine.entries = source.entries;
  return TENON_OK;
}

std::uint64_t TestNode::apply_calls() const {
  std::uint64_t calls = 0;
  for (const auto& [id, group] : groups_) calls += group.apply_calls;
  return calls;
}

tenon_status TestNode::change(tenon_group_id id, const Members& target) {
  const tenon_membership membership = target.view();
  return kind_->change(group(id).handle, &membership);
}

tenon_group_status TestNode::status(tenon_group_id id) {
  tenon_group_status status{};
  status.struct_size = sizeof status;
  kind_->status(group(id).handle, &status);
  return status;
}

}  // namespace tenon::test
