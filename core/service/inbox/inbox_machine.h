#pragma once

#include <cstdint>
#include <memory>

#include "kv/machine.h"
#include "service/batch.h"
#include "service/deadlines.h"
#include "service/inbox/inbox_work.h"

namespace tenon::service::inbox {

// The store `inbox`: sessions that outlive their connections, each with its subscriptions, messages, QoS 2
// state and will. Commands are of inbox_commands.h, questions of inbox_queries.h, notices of inbox_notices.h.
//
// In memory are the deadlines of sessions that wait for something (each about 100 bytes) and the sums;
// nothing for a message.
class InboxMachine final : public kv::Machine {
 public:
  // `hash_seed` is secret and random; nothing but speed depends on it.
  explicit InboxMachine(std::uint64_t hash_seed) : deadlines_(hash_seed) {}

  Status load(const kv::StateView& state) override;
  std::uint8_t version_of(std::string_view command) const override;
  std::uint8_t version() const override;
  Status apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
               std::string& ret_reply) override;
  Status query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
               std::string& ret_reply) const override;
  void due(UnixMs now_ms, std::vector<std::string>& ret_commands) override;
  // Before all of an owner, or all of a bucket.
  bool may_split_at(std::string_view key) const override;
  std::string split_place(std::string_view key) const override;

  const Counts& counts() const { return counts_; }
  std::size_t memory_bytes() const { return deadlines_.memory_bytes(); }

 private:
  Deadlines deadlines_;
  Counts counts_;
};

}  // namespace tenon::service::inbox
