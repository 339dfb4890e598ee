#include "replication/replica.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <type_traits>

#include "abi_text.h"

namespace tenon::tools {
namespace {

constexpr int turns_max = 1'000;

std::string words(const tenon_error& error) {
  return error.message[0] != 0 ? std::string(": ") + error.message : std::string();
}

}  // namespace

Replica::Replica(const ReplicaWorld& world, std::uint64_t id) : world_(world), id_(id) {}

Replica::~Replica() {
  stop();
}

void Replica::note(const char* call, std::string_view what) {
  world_.effects.push_back({id_, call, std::hash<std::string_view>()(what)});
}

// A plugin may be C: nothing is thrown through it.
void Replica::keep_fault(const std::string& fault) {
  if (fault_.empty()) fault_ = fault;
}

void Replica::need_call(const char* call) {
  if (!may_call_host_) keep_fault(std::string("calls ") + call + " outside of step_v, tick and turn");
}

template <class Call>
auto Replica::guarded(bool may_call_host, Call&& call) {
  may_call_host_ = may_call_host;
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    may_call_host_ = false;
    if (!fault_.empty()) throw ReplicationFault(fault_);
  } else {
    const auto result = call();
    may_call_host_ = false;
    if (!fault_.empty()) throw ReplicationFault(fault_);
    return result;
  }
}

const tenon_replication_env& Replica::env() {
  static const tenon_replication_env env = [] {
    tenon_replication_env e{};
    e.struct_size = sizeof e;
    e.send_v = [](void* user, const tenon_peer_message* messages, std::uint64_t count) {
      Replica& me = self(user);
      me.need_call("send_v");
      for (std::uint64_t i = 0; i < count; ++i) {
        me.sent_.push_back({me.id_, messages[i].node, messages[i].group, text_of(messages[i].payload)});
        me.note("send_v", std::to_string(messages[i].node) + " " + me.sent_.back().payload);
      }
    };
    e.write_v = [](void* user, const tenon_log_write* writes, std::uint64_t count,
                   std::uint64_t* ret_sequence) {
      Replica& me = self(user);
      me.need_call("write_v");
      for (std::uint64_t i = 0; i < count; ++i) {
        std::string all = text_of(writes[i].hard_state) + std::to_string(writes[i].flags);
        for (std::uint32_t n = 0; n < writes[i].entry_count; ++n)
          all += " " + std::to_string(writes[i].entries[n].at.index) + "." +
                 std::to_string(writes[i].entries[n].at.term) + text_of(writes[i].entries[n].data);
        me.note("write_v", all);
      }
      *ret_sequence = me.log_.queue(writes, count);
    };
    e.apply = [](void* user, const tenon_committed* entries, std::uint64_t count) {
      return self(user).take(entries, count);
    };
    e.read_ready = [](void* user, std::uint64_t context, tenon_status status, std::uint64_t index) {
      self(user).note("read_ready", std::to_string(context) + " " + std::to_string(index));
      self(user).reads_[context] = {status, index};
    };
    e.role_changed = [](void* user, const tenon_role* role) { self(user).take_role(*role); };
    e.snapshot_wanted = [](void* user, std::uint64_t to) {
      self(user).keep_fault("wants the state sent to member " + std::to_string(to) +
                            ", though the log has all from its beginning");
    };
    e.poisoned = [](void* user, tenon_bytes reason) {
      self(user).keep_fault("gives its group up: " + text_of(reason));
    };
    return e;
  }();
  return env;
}

tenon_status Replica::take(const tenon_committed* entries, std::uint64_t count) {
  need_call("apply");
  for (std::uint64_t i = 0; i < count; ++i) {
    const tenon_log_point at = entries[i].at;
    if (at.index != applied_.size() + 1) {
      keep_fault("member " + std::to_string(id_) + " applies entry " + std::to_string(at.index) + " behind " +
                 std::to_string(applied_.size()));
      return TENON_E_INTERNAL;
    }
    applied_.push_back({at, entries[i].type == TENON_ENTRY_DATA ? text_of(entries[i].data) : std::string()});
    note("apply", std::to_string(at.index) + "." + std::to_string(at.term) + applied_.back().data);
  }
  return TENON_OK;
}

void Replica::take_role(const tenon_role& role) {
  need_call("role_changed");
  if (role.term < term_seen_)
    keep_fault("member " + std::to_string(id_) + " goes back from term " + std::to_string(term_seen_) +
               " to " + std::to_string(role.term));
  term_seen_ = role.term;
  if (role.role == TENON_ROLE_LEADER) {
    const std::uint64_t first = world_.leaders.emplace(role.term, id_).first->second;
    if (first != id_)
      keep_fault("members " + std::to_string(first) + " and " + std::to_string(id_) + " lead in term " +
                 std::to_string(role.term));
  }
  role_ = role;
  note("role_changed", std::to_string(role.role) + " " + std::to_string(role.term));
}

void Replica::start() {
  auto made =
      world_.check_host.make(world_.descriptor, world_.subject.file.path, world_.subject.options_json);
  if (!made) throw ReplicationFault(made.error().message);
  instance_ = std::move(made).value();
  if (const Status s = tools::start(*instance_); !s) {
    instance_.reset();
    throw ReplicationFault(s.error().message);
  }
  tenon_replication_open open{};
  open.struct_size = sizeof open;
  open.node = id_;
  open.seed = id_ * 1'000 + ++start_count_;
  open.env = &env();
  open.user = this;
  open.log = &MemoryLog::table();
  open.journal = log_.handle();
  tenon_error error{};
  error.struct_size = sizeof error;
  const tenon_status status = guarded(
      false, [&] { return instance_->replication().open(instance_->raw(), &open, &replicator_, &error); });
  if (status != TENON_OK) throw ReplicationFault("open answers " + std::to_string(status) + words(error));
  open_group();
}

void Replica::open_group() {
  tenon_membership membership{};
  membership.struct_size = sizeof membership;
  membership.voters = world_.voters.data();
  membership.voter_count = static_cast<std::uint32_t>(world_.voters.size());
  const std::string hard_state = log_.hard_state();
  tenon_group_open open{};
  open.struct_size = sizeof open;
  open.id = group_id;
  open.group_user = this;
  if (!applied_.empty()) open.applied = applied_.back().at;
  open.membership = &membership;
  open.hard_state = abi(hard_state);
  tenon_error error{};
  error.struct_size = sizeof error;
  const tenon_status status = guarded(
      false, [&] { return instance_->replication().group_open(replicator_, &open, &group_, &error); });
  if (status != TENON_OK)
    throw ReplicationFault(std::string("group_open answers ") + std::to_string(status) +
                           (start_count_ > 1 ? " after a loss of power" : "") + words(error));
}

void Replica::stop() {
  if (group_) instance_->replication().group_close(std::exchange(group_, nullptr));
  if (replicator_) instance_->replication().close(std::exchange(replicator_, nullptr));
  if (instance_) instance_->deactivate();
  instance_.reset();
  role_ = {};
}

void Replica::lose_power(std::size_t kept, std::size_t applied) {
  stop();
  sent_.clear();
  reads_.clear();
  term_seen_ = 0;  // a term that is not durable was told to nobody else
  log_.lose_power(kept);
  const auto durable = static_cast<std::size_t>(log_.last().index);
  applied_.resize(std::min({applied, applied_.size(), durable}));
}

void Replica::step(const std::vector<PeerMessage>& messages) {
  std::vector<tenon_peer_message> all;
  for (const PeerMessage& message : messages)
    all.push_back({message.from, message.group, abi(message.payload)});
  guarded(true, [&] { instance_->replication().step_v(replicator_, all.data(), all.size()); });
}

void Replica::tick(std::int64_t now_ns) {
  guarded(true, [&] { instance_->replication().tick(replicator_, now_ns); });
}

void Replica::peer_state(std::uint64_t node, std::uint32_t state) {
  guarded(false, [&] { instance_->replication().peer_state(replicator_, node, state); });
}

bool Replica::turn() {
  return guarded(true, [&] { return instance_->replication().turn(replicator_); }) != 0;
}

void Replica::turn_out() {
  for (int i = 0; i < turns_max; ++i)
    if (!turn()) return;
  throw ReplicationFault("does not come to rest: after " + std::to_string(turns_max) +
                         " turns there is still more to do");
}

void Replica::persist() {
  const std::uint64_t sequence = log_.persist();
  if (!log_.fault().empty()) throw ReplicationFault(log_.fault());
  if (sequence != 0) guarded(false, [&] { instance_->replication().persisted(replicator_, sequence); });
}

void Replica::settle() {
  for (int i = 0; i < turns_max; ++i) {
    const bool has_more = turn();
    const bool has_written = log_.queued_count() > 0;
    persist();
    if (!has_more && !has_written) return;
  }
  throw ReplicationFault("does not come to rest: after " + std::to_string(turns_max) +
                         " turns there is still more to do");
}

tenon_status Replica::propose(const std::string& data, tenon_log_point* ret_at) {
  return guarded(false, [&] { return instance_->replication().propose(group_, abi(data), ret_at); });
}

tenon_status Replica::read(std::uint64_t context) {
  return guarded(false, [&] { return instance_->replication().read_index(group_, context); });
}

}  // namespace tenon::tools
