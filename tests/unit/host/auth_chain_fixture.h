#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "host/auth_chain.h"
#include "scripted_auth.h"

namespace tenon::host::test {
inline constexpr MonoNs second = ns_per_s;

inline ScriptedAuth answering(ScriptedAuth::Authenticate fn) {
  ScriptedAuth script;
  script.authenticate = std::move(fn);
  return script;
}

inline ScriptedAuth deciding(std::uint32_t decision) {
  return answering([decision](const tenon_auth_request&, tenon_op, tenon_auth_result& ret) {
    ret.decision = decision;
    return TENON_OK;
  });
}

inline ScriptedAuth failing(tenon_status status) {
  return answering([status](const tenon_auth_request&, tenon_op, tenon_auth_result&) { return status; });
}

// A chain of scripts on worker 0, and what the last walk came to.
class AuthChainTest : public ::testing::Test {
 protected:
  void add(ScriptedAuth script, OnAuthError on_error = OnAuthError::deny) {
    scripts_.push_back(std::move(script));
    instances_.push_back(std::make_unique<ScriptedInstance>(world_, scripts_.back(),
                                                            "p" + std::to_string(instances_.size() + 1)));
    links_.push_back({instances_.back()->get(), on_error});
  }
  AuthChain& chain() {
    if (!chain_) chain_.emplace(links_);
    return *chain_;
  }
  AuthTicket ask(const AuthRequest& request, MonoNs within = 10 * second) {
    outcome_.reset();
    return world_.executor.on_worker(0, [&] {
      return chain().authenticate(request, world_.clock.mono_ns() + within,
                                  [this](AuthOutcome&& o) { outcome_ = std::move(o); });
    });
  }
  AuthTicket ask(MonoNs within = 10 * second) { return ask(named(), within); }
  static AuthRequest named() {
    AuthRequest request;
    request.client_id = "c1";
    request.username = "alice";
    return request;
  }
  // What a chain of one answers to alice.
  AuthDecision decision_of(ScriptedAuth script) {
    add(std::move(script));
    ask();
    return outcome_->decision;
  }
  void pass(MonoNs ns) {
    world_.clock.advance_ns(ns);
    world_.executor.run_worker(0);
  }
  const CallStats& stats(std::size_t link) { return (*instances_[link])->stats(); }

  FakeWorld world_;
  std::deque<ScriptedAuth> scripts_;
  std::vector<std::unique_ptr<ScriptedInstance>> instances_;
  std::vector<AuthLink> links_;
  std::optional<AuthChain> chain_;
  std::optional<AuthOutcome> outcome_;
};

}  // namespace tenon::host::test
