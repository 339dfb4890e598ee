#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kv/descriptor.h"
#include "kv/state_view.h"

namespace tenon::kv {

// The part of a store's content that a range holds: outside of it nothing is seen, and nothing is changed;
// that somebody tried to is kept.
class BoundedState final : public State {
 public:
  // Both outlive it; the bounds may change.
  BoundedState(const Descriptor& bounds, State& state) : bounds_(bounds), state_(state) {}

  Result<std::optional<std::string>> get(std::string_view key) const override;
  Status scan(std::string_view begin, std::string_view end, const Visit& visit) const override;
  bool covers(std::string_view key) const override { return bounds_.holds(key); }
  void put(std::string_view key, std::string_view value) override;
  void insert(std::string_view key, std::string_view value) override;
  void erase(std::string_view key) override;

  // Whether a key outside was written since the last call.
  bool take_trespass() { return std::exchange(has_trespassed_, false); }

 private:
  bool may_write(std::string_view key);

  const Descriptor& bounds_;
  State& state_;
  bool has_trespassed_ = false;
};

}  // namespace tenon::kv
