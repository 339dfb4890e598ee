#pragma once

#include <tenon/kind/auth.h>

#include <optional>

#include "host/auth/answer.h"
#include "host/auth/request_memory.h"
#include "host/op/operation.h"

namespace tenon::host {

class Instance;
class Walk;

// One question to one plugin of a chain: what the plugin may read and write until it closes the operation.
// Belongs to the worker that asked, but for on_completed().
class AuthCall final : public Operation {
 public:
  AuthCall(Instance* instance, Ref<RequestMemory> memory, Walk* walk);

  // Asks the plugin. [worker]
  tenon_status authenticate(tenon_op op);
  // What the plugin answered without delay.
  Answer read() { return read_answer(result_, *instance_, seen_); }
  // Nobody waits any more; the plugin may still hold on to this.
  void detach() { walk_ = nullptr; }

  void on_completed(tenon_status status) noexcept override;
  void on_closed(tenon_status status, End end) override;

 private:
  Instance* instance_;
  Ref<RequestMemory> memory_;
  Walk* walk_;
  std::uint64_t seen_;  // invalidations before the plugin was asked
  tenon_auth_request request_;
  tenon_auth_result result_{};
  std::optional<Answer> answer_;  // of an asynchronous completion
};

}  // namespace tenon::host
