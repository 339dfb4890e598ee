#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check_host.h"
#include "host/intercept/intercept_chain.h"

namespace tenon::tools {

// An interceptor with its workers started, as the only one of a chain. All functions: the control thread.
class InterceptDriver {
 public:
  // `instance` is active, and outlives this.
  InterceptDriver(CheckHost& check_host, host::Instance& instance);
  ~InterceptDriver();
  InterceptDriver(const InterceptDriver&) = delete;
  InterceptDriver& operator=(const InterceptDriver&) = delete;

  // Why its workers did not start; empty: they did.
  const std::string& failure() const { return failure_; }
  // What it makes of the message on that worker.
  host::InterceptOutcome show(std::uint32_t worker, const host::InterceptedMessage& message);
  // Shows it, and lets it know in the same turn that nobody waits, should it not have answered.
  void show_and_go(std::uint32_t worker, const host::InterceptedMessage& message);
  // Waits until it has closed all operations. False: it has not, for long.
  bool closes_all();
  std::uint64_t failed_count() const { return chain_.counts(0).failed; }

 private:
  CheckHost& check_host_;
  host::Instance& instance_;
  host::InterceptChain chain_;
  std::string failure_;
};

}  // namespace tenon::tools
