#pragma once

#include <memory>

#include "kv/machine.h"
#include "sim/node/observer.h"

namespace tenon::sim {

// A machine that is watched while it works; and one that can be made to work wrong.
class WatchedMachine final : public kv::Machine {
 public:
  struct Place {
    std::uint32_t node = 0;
    kv::RangeId range;
  };
  // The observer outlives the machine.
  WatchedMachine(std::unique_ptr<kv::Machine> machine, NodeObserver& observer, Place place,
                 bool applies_twice)
      : machine_(std::move(machine)), observer_(observer), place_(place), applies_twice_(applies_twice) {}

  // Asked as a question: the digest of all keys and values of the range, as 8 bytes.
  static constexpr std::string_view digest_question = "digest of the state";

  Status load(const kv::StateView& state) override { return machine_->load(state); }
  Status apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
               std::string& ret_reply) override;
  Status query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
               std::string& ret_reply) const override;
  void due(UnixMs now_ms, std::vector<std::string>& ret_commands) override {
    machine_->due(now_ms, ret_commands);
  }
  bool may_split_at(std::string_view key) const override { return machine_->may_split_at(key); }

 private:
  const std::unique_ptr<kv::Machine> machine_;
  NodeObserver& observer_;
  const Place place_;
  const bool applies_twice_;
  std::uint64_t last_index_ = 0;
  std::uint32_t ordinal_ = 0;
};

}  // namespace tenon::sim
