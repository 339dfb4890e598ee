#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "kv/machine.h"
#include "service/deadlines.h"
#include "service/retain/retain_ops.h"
#include "service/retain/retain_sink.h"

namespace tenon::service::retain {

// The store `retain`: the retained message of each topic. Commands and questions are of retain_ops.h. In
// memory are the deadlines of messages that expire, and the count of topics of each tenant.
class RetainMachine final : public kv::Machine {
 public:
  // `hash_seed` is secret and random; nothing but speed depends on it. `sink` outlives the machine; null:
  // nobody follows.
  explicit RetainMachine(std::uint64_t hash_seed, RetainSink* sink = nullptr)
      : deadlines_(hash_seed), sink_(sink) {}

  Status load(const kv::StateView& state) override;
  std::uint8_t version_of(std::string_view command) const override;
  std::uint8_t version() const override;
  // The sink keeps what it has: what went is another range's of this node, and what came was one's.
  Status bounds_changed(const kv::StateView& state) override { return read(state, false); }
  Status apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
               std::string& ret_reply) override;
  Status query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
               std::string& ret_reply) const override;
  void due(UnixMs now_ms, std::vector<std::string>& ret_commands) override;
  // Before any topic: each op writes the key of one.
  bool may_split_at(std::string_view key) const override;
  std::string split_place(std::string_view key) const override { return std::string(key); }

  std::uint64_t topic_count() const;

 private:
  Status read(const kv::StateView& state, bool tell_sink);
  Result<PutReply> apply_op(const kv::ApplyContext& context, const Put& op, kv::State& state);
  Result<PutReply> apply_op(const kv::ApplyContext& context, const Expire& op, kv::State& state);
  Result<PutReply> apply_op(const kv::ApplyContext& context, const Import& op, kv::State& state);
  void forget(std::string_view tenant, std::string_view topic, std::string_view key, kv::State& state);

  Deadlines deadlines_;                                             // by key
  std::map<std::string, std::uint64_t, std::less<>> topic_counts_;  // by tenant; none is 0
  RetainSink* const sink_;
};

}  // namespace tenon::service::retain
