/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/clock.h>

#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.clock/1 (draft; list it in requires_host). [any]
class Clock {
 public:
  Clock() = default;
  explicit Clock(const tenon_host* host) : table_(host, TENON_HOST_CLOCK_ID) {}
  std::int64_t mono_ns() const { return table_->mono_ns(table_.host()); }
  std::int64_t unix_ns() const { return table_->unix_ns(table_.host()); }

 private:
  HostTable<tenon_host_clock> table_;
};

TENON_SDK_END
