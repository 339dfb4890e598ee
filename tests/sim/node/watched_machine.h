#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "kv/machine.h"
#include "sim/node/observer.h"

namespace tenon::sim {

// Ways in which a machine can be made to work wrong, for the checkers to find.
enum class MachineMistake : std::uint8_t {
  none,
  apply_twice,       // each command is applied twice
  early_expiry,      // what is due by time is done three seconds too early
  forget_will_done,  // the word that a will was published is acknowledged, and has no effect
};

// A machine that is watched while it works; and one that can be made to work wrong.
class WatchedMachine final : public kv::Machine {
 public:
  struct Place {
    std::uint32_t node = 0;
    kv::RangeId range;
    kv::StoreId store = kv::StoreId::inbox;
  };
  // Of what a node keeps in memory besides, for the keys that the state covers; empty: nothing.
  using FollowedDigest = std::function<std::uint64_t(const kv::StateView& state)>;

  // The observer outlives the machine.
  WatchedMachine(std::unique_ptr<kv::Machine> machine, NodeObserver& observer, Place place,
                 MachineMistake mistake, FollowedDigest followed = {})
      : machine_(std::move(machine)),
        observer_(observer),
        place_(place),
        mistake_(mistake),
        followed_(std::move(followed)) {}

  // Before anything is applied.
  void set_range(const kv::RangeId& range) { place_.range = range; }

  // Asked as a question: the digest of all keys and values of the range, and of what follows them in memory,
  // as 8 bytes.
  static constexpr std::string_view digest_question = "digest of the state";

  Status load(const kv::StateView& state) override { return machine_->load(state); }
  Status apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
               std::string& ret_reply) override;
  Status query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
               std::string& ret_reply) const override;
  void due(UnixMs now_ms, std::vector<std::string>& ret_commands) override {
    machine_->due(now_ms + early_ms(), ret_commands);
  }
  bool may_split_at(std::string_view key) const override { return machine_->may_split_at(key); }
  Status bounds_changed(const kv::StateView& state) override { return machine_->bounds_changed(state); }
  std::string split_place(std::string_view key) const override { return machine_->split_place(key); }

 private:
  UnixMs early_ms() const { return mistake_ == MachineMistake::early_expiry ? 3000 : 0; }
  // True: the command has no effect, and *ret_reply says that it had.
  bool forgets(std::string_view command, std::string& ret_reply) const;
  bool is_by_time(std::string_view command) const;
  UnixMs time_of(std::string_view command, UnixMs now_ms) const;

  const std::unique_ptr<kv::Machine> machine_;
  NodeObserver& observer_;
  Place place_;
  const MachineMistake mistake_;
  const FollowedDigest followed_;
  std::uint64_t last_index_ = 0;
  std::uint32_t ordinal_ = 0;
};

}  // namespace tenon::sim
