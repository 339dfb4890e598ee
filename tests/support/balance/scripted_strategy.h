#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "balance/strategy.h"

namespace tenon::test {

// A strategy that does as it is told.
class ScriptedStrategy final : public balance::Strategy {
 public:
  using Script = std::function<Result<balance::Plan>(const tenon_balancer_view& view, std::string_view memo)>;

  explicit ScriptedStrategy(Script script) : script_(std::move(script)) {}
  Result<balance::Plan> plan(const tenon_balancer_view& view, std::string_view memo) override {
    return script_(view, memo);
  }

 private:
  Script script_;
};

}  // namespace tenon::test
