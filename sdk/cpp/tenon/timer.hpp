/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/timer.h>

#include <tenon/callback.hpp>
#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.timer/1 (draft; list it in requires_host). [worker]
class Timer {
 public:
  Timer() = default;
  explicit Timer(const tenon_host* host) : table_(host, TENON_HOST_TIMER_ID) {}

  tenon_status start(std::int64_t delay_ns, tenon_timer_fn fn, void* user, std::uint64_t* ret_token) const {
    return table_->start(table_.host(), delay_ns, fn, user, ret_token);
  }
  // False: it has fired.
  bool cancel(std::uint64_t token) const { return table_->cancel(table_.host(), token) == TENON_OK; }

 private:
  HostTable<tenon_host_timer> table_;
};

TENON_SDK_END
