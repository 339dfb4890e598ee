/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/reactor.h>

#include <tenon/callback.hpp>
#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.reactor/1 (draft; list it in requires_host). [worker]
class Reactor {
 public:
  Reactor() = default;
  explicit Reactor(const tenon_host* host) : table_(host, TENON_HOST_REACTOR_ID) {}

  // See callback.hpp for `fn`.
  tenon_status add(int fd, std::uint32_t events, tenon_fd_fn fn, void* user, std::uint64_t* ret_token) const {
    return table_->add(table_.host(), fd, events, fn, user, ret_token);
  }
  tenon_status modify(std::uint64_t token, std::uint32_t events) const {
    return table_->modify(table_.host(), token, events);
  }
  void remove(std::uint64_t token) const { table_->remove(table_.host(), token); }

 private:
  HostTable<tenon_host_reactor> table_;
};

TENON_SDK_END
