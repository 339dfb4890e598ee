// Replication by Raft with one fault; FAULT says which. What stands between the engine and its host makes the
// fault.
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <tenon/module.hpp>
#include <tenon/replication.hpp>

#include "driver/counters.h"
#include "driver/options.h"
#include "driver/options_schema.h"
#include "driver/replicator.h"
#include "wire/hard_state_codec.h"

namespace tenon::test {

enum class Fault : std::uint8_t {
  none,
  says_durable_at_once,   // of each write, before it is
  applies_what_it_likes,  // at one of the members
  forgets_hard_states,    // instead of writing them
  answers_reads_at_once,  // with nothing
  draws_lots,             // for messages that it does not send
  trusts_messages,        // to have a few bytes at least
  acks_early,             // to others, what it writes
  forgets_votes,          // but not the terms
  reads_locally,          // what this member has applied
};
constexpr Fault fault = Fault::FAULT;

// The host as the engine sees it.
class Between {
 public:
  explicit Between(const tenon_replication_open& open)
      : env_(*open.env), user_(open.user), node_(open.node) {}

  static const tenon_replication_env& table() {
    static constexpr tenon_replication_env table{
        sizeof(tenon_replication_env),
        0,
        [](void* me, const tenon_peer_message* messages, std::uint64_t count) {
          self(me).send(messages, count);
        },
        [](void* me, const tenon_log_write* writes, std::uint64_t count, std::uint64_t* ret_sequence) {
          self(me).write(writes, count, ret_sequence);
        },
        [](void* me, const tenon_committed* entries, std::uint64_t count) {
          return self(me).apply(entries, count);
        },
        [](void* me, std::uint64_t context, tenon_status status, std::uint64_t index) {
          self(me).env_.read_ready(self(me).group_user_, context, status, index);
        },
        [](void* me, const tenon_role* role) { self(me).env_.role_changed(self(me).group_user_, role); },
        [](void* me, std::uint64_t to) { self(me).env_.snapshot_wanted(self(me).group_user_, to); },
        [](void* me, tenon_bytes reason) { self(me).env_.poisoned(self(me).group_user_, reason); }};
    return table;
  }
  void take_group(const tenon_group_open& open) {
    group_user_ = open.group_user;
    applied_ = open.applied.index;
  }
  std::uint64_t take_written() { return std::exchange(written_, 0); }
  void answer_reads() {
    for (const std::uint64_t context : std::exchange(reads_, {}))
      env_.read_ready(group_user_, context, TENON_OK, fault == Fault::reads_locally ? applied_ : 0);
  }
  void keep_read(std::uint64_t context) { reads_.push_back(context); }

 private:
  static Between& self(void* me) { return *static_cast<Between*>(me); }
  // The same for each process, and so for each run of a check; others when it is called in the same way
  // again.
  static std::uint64_t lot() {
    static std::minstd_rand lots;
    return lots();
  }

  void send(const tenon_peer_message* messages, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
      if (fault != Fault::draws_lots || lot() % 10 != 0) env_.send_v(user_, messages + i, 1);
  }
  void write(const tenon_log_write* writes, std::uint64_t count, std::uint64_t* ret_sequence) {
    std::vector<tenon_log_write> all(writes, writes + count);
    if (fault == Fault::forgets_hard_states)
      for (tenon_log_write& one : all) one.flags &= ~TENON_LOG_SET_HARD_STATE;
    std::vector<std::string> kept(all.size());
    if (fault == Fault::forgets_votes)
      for (std::size_t i = 0; i < all.size(); ++i) forget_vote(all[i], kept[i]);
    env_.write_v(user_, all.data(), all.size(), ret_sequence);
    written_ = *ret_sequence;
  }
  // `kept` is what the write refers to then.
  static void forget_vote(tenon_log_write& one, std::string& kept) {
    if ((one.flags & TENON_LOG_SET_HARD_STATE) == 0) return;
    raft::HardStateRecord record;
    if (raft::decode_hard_state(sdk::text_of(one.hard_state), &record)) return;
    record.hard.vote = {};
    kept = raft::encode_hard_state(record);
    one.hard_state = {reinterpret_cast<const std::uint8_t*>(kept.data()), kept.size()};
  }
  tenon_status apply(const tenon_committed* entries, std::uint64_t count) {
    std::vector<tenon_committed> all(entries, entries + count);
    static constexpr std::uint8_t other[] = {'?'};
    if (fault == Fault::applies_what_it_likes && node_ == 2)
      for (tenon_committed& one : all) one.data = {other, sizeof other};
    const tenon_status status = env_.apply(group_user_, all.data(), all.size());
    if (status == TENON_OK && count > 0) applied_ = entries[count - 1].at.index;
    return status;
  }

  tenon_replication_env env_;
  void* user_;
  void* group_user_ = nullptr;
  std::uint64_t node_;
  std::uint64_t written_ = 0;
  std::uint64_t applied_ = 0;
  std::vector<std::uint64_t> reads_;
};

// The engine as the host sees it. One group.
class Replicator {
 public:
  class Group {
   public:
    Group(Between& between, raft::Replicator::Group& real) : between_(between), real_(real) {}
    void close() {
      real_.close();
      delete this;
    }
    tenon_status propose(tenon_bytes data, tenon_log_point* ret_at) { return real_.propose(data, ret_at); }
    tenon_status read_index(std::uint64_t context) {
      if (fault != Fault::answers_reads_at_once && fault != Fault::reads_locally)
        return real_.read_index(context);
      between_.keep_read(context);
      return TENON_OK;
    }
    tenon_status change(const tenon_membership& target) { return real_.change(target); }
    tenon_status transfer(std::uint64_t to) { return real_.transfer(to); }
    void snapshot_sent(std::uint64_t to, tenon_status status, std::uint64_t index) {
      real_.snapshot_sent(to, status, index);
    }
    tenon_status snapshot_installed(tenon_log_point at, const tenon_membership& membership) {
      return real_.snapshot_installed(at, membership);
    }
    tenon_status status(tenon_group_status* ret_status) { return real_.status(ret_status); }
    void campaign() { real_.campaign(); }
    tenon_status conclude(tenon_log_point* ret_end) { return real_.conclude(ret_end); }

   private:
    ~Group() = default;
    Between& between_;
    raft::Replicator::Group& real_;
  };

  Replicator(raft::Replicator::Setup setup, const tenon_replication_open& open) : between_(open) {
    tenon_replication_open mine = open;
    mine.env = &Between::table();
    mine.user = &between_;
    real_ = std::make_unique<raft::Replicator>(std::move(setup), mine);
  }
  Group* group_open(const tenon_group_open& open) {
    tenon_group_open mine = open;
    mine.group_user = &between_;
    between_.take_group(open);
    says_durable_ = fault == Fault::says_durable_at_once ||
                    (fault == Fault::acks_early && open.membership->voter_count > 1);
    return new Group(between_, *real_->group_open(mine));
  }
  void step_v(std::span<const tenon_peer_message> messages) {
    for (const tenon_peer_message& message : messages)
      if (fault == Fault::trusts_messages && message.payload.len < 2) std::abort();
    real_->step_v(messages);
  }
  void tick(std::int64_t now_mono_ns) { real_->tick(now_mono_ns); }
  void persisted(std::uint64_t sequence) {
    if (!says_durable_) real_->persisted(sequence);
  }
  void peer_state(std::uint64_t node, std::uint32_t state) { real_->peer_state(node, state); }
  std::uint32_t turn() {
    std::uint32_t more = real_->turn();
    if (says_durable_)
      while (const std::uint64_t written = between_.take_written()) {
        real_->persisted(written);
        more = real_->turn();
      }
    between_.answer_reads();
    return more;
  }

 private:
  bool says_durable_ = false;  // of each write, before it is
  Between between_;
  std::unique_ptr<raft::Replicator> real_;
};

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, nullptr};

class Faulty : public sdk::ReplicationPlugin<Faulty> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.test.replication",
                                        .name = "faulty",
                                        .version = "1.0",
                                        .config_schema_json = raft::options_schema,
                                        .requires_host = requires_host};
  using Replicator = test::Replicator;
  using ReplicationPlugin::ReplicationPlugin;

  void init() {
    options_ = raft::read_options(config());
    counters_ = raft::Counters::declare(metrics());
    health_ = sdk::Health(host());
  }
  std::unique_ptr<Replicator> open(const tenon_replication_open& open) {
    return std::make_unique<Replicator>(raft::Replicator::Setup{options_, counters_, log(), health_}, open);
  }

 private:
  raft::PluginOptions options_;
  raft::Counters counters_;
  sdk::Health health_;
};

}  // namespace tenon::test

TENON_CPP_MODULE(1, "org.tenon.test.replication", "1.0", tenon::test::Faulty)
