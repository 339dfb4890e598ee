#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "broker/subscriptions.h"
#include "config/settings.h"
#include "host/instance.h"
#include "host/intercept/intercept_chain.h"
#include "host/plugin_host.h"
#include "observe/log/log.h"

namespace tenon::node {

// The plugins of kind intercept, in their order, and the topics that they wish to decide on. On the control
// thread.
class Interceptors {
 public:
  // All outlive this.
  Interceptors(broker::Subscriptions& subscriptions, observe::Log& log)
      : subscriptions_(subscriptions), log_(log) {}

  // Before the workers run; `instance` is active, and outlives this.
  Status add(host::Instance& instance, const config::InterceptorSettings& settings);
  // Behind each reload, of which `applied` came: the time that it has may be another, and so may its options,
  // if they are in use. One that can't say what it wishes for goes on as before.
  void renew(host::Instance& instance, const std::vector<config::InterceptorSettings>& all,
             const Result<host::Instance::Applied>& applied);

  // Null: there are none.
  host::InterceptChain* chain() { return chain_.size() == 0 ? nullptr : &chain_; }
  const host::InterceptChain& counted() const { return chain_; }

 private:
  broker::Subscriptions& subscriptions_;
  observe::Log& log_;
  host::InterceptChain chain_;
};

}  // namespace tenon::node
