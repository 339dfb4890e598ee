#pragma once

#include <tenon/kind/auth.h>

#include <optional>

#include "host/auth/answer.h"
#include "host/auth/request_memory.h"
#include "host/op/pending_question.h"

namespace tenon::host {

class Instance;
class Walk;

// One question to one plugin of a chain.
class AuthCall final : public PluginQuestion {
 public:
  // `deadline`: of this plugin; the walk may have longer.
  AuthCall(Instance* instance, Ref<RequestMemory> memory, MonoNs deadline, Walk* walk);

  tenon_status ask(void* worker_context, tenon_op op) override;
  tenon_status cancel(void* worker_context, tenon_op op) override;
  // What the plugin answered without delay.
  Answer read() { return read_answer(result_, *instance_, seen_); }
  void detach() override { walk_ = nullptr; }

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
