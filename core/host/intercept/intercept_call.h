#pragma once

#include <tenon/draft/intercept.h>

#include <memory>
#include <optional>
#include <string>

#include "host/intercept/change_builder.h"
#include "host/intercept/intercept_chain.h"
#include "host/op/pending_question.h"

namespace tenon::host {

class InterceptWalk;

// What one interceptor said.
struct InterceptAnswer {
  enum class Kind : std::uint8_t {
    pass,
    refuse,
    drop,
    replace,
    failed,  // an error, nonsense, or no answer; `why` says what
  };
  Kind kind = Kind::failed;
  std::uint8_t reason_code = 0x87;
  std::string why;
  MessageChange change;

  static InterceptAnswer failure(const Instance& instance, tenon_status status);
};

// One message shown to one interceptor.
class InterceptCall final : public PluginQuestion {
 public:
  InterceptCall(Instance& instance, std::shared_ptr<const InterceptRequest> request, MonoNs deadline,
                InterceptWalk& walk);

  tenon_status ask(void* worker_context, tenon_op op) override;
  tenon_status cancel(void* worker_context, tenon_op op) override;
  // What the plugin answered without delay.
  InterceptAnswer read() const;
  void detach() override { walk_ = nullptr; }

  void on_completed(tenon_status status) noexcept override;
  void on_closed(tenon_status status, End end) override;

 private:
  Instance& instance_;
  std::shared_ptr<const InterceptRequest> request_;
  InterceptWalk* walk_;
  tenon_intercept_message message_;
  ChangeBuilder change_;
  tenon_intercept_result result_{};
  std::optional<InterceptAnswer> answer_;  // of an asynchronous completion
};

}  // namespace tenon::host
