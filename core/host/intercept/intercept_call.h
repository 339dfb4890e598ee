#pragma once

#include <tenon/draft/intercept.h>

#include <memory>
#include <optional>
#include <string>

#include "host/intercept/change_builder.h"
#include "host/intercept/intercept_chain.h"
#include "host/op/operation.h"

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

// One message shown to one interceptor: what the plugin may read and write until it closes the operation.
// Belongs to the worker that asked, but for on_completed().
class InterceptCall final : public Operation {
 public:
  InterceptCall(Instance& instance, std::shared_ptr<const InterceptRequest> request, MonoNs deadline,
                InterceptWalk& walk);

  // Asks the plugin. [worker]
  tenon_status intercept(tenon_op op);
  // What the plugin answered without delay.
  InterceptAnswer read() const;
  // Nobody waits any more; the plugin may still hold on to this.
  void detach() { walk_ = nullptr; }

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
