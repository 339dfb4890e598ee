/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/host/health.h>

#include <string_view>

#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.health/1. [any]
class Health {
 public:
  Health() = default;
  explicit Health(const tenon_host* host) : table_(host, TENON_HOST_HEALTH_ID) {}

  void ok() const { report(TENON_HEALTH_OK, {}); }
  void degraded(std::string_view text) const { report(TENON_HEALTH_DEGRADED, text); }
  void failed(std::string_view text) const { report(TENON_HEALTH_FAILED, text); }

 private:
  void report(std::uint32_t state, std::string_view text) const {
    if (table_->report) table_->report(table_.host(), state, abi(text));
  }
  HostTable<tenon_host_health> table_;
};

TENON_SDK_END
