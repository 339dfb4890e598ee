/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/net.h>

#include <string_view>

#include <tenon/failure.hpp>
#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.net/1 (draft; list it in requires_host).
class Net {
 public:
  Net() = default;
  explicit Net(const tenon_host* host) : table_(host, TENON_HOST_NET_ID) {}

  // [setup]
  tenon_status transport(std::string_view name, const tenon_transport** ret_transport,
                         tenon_plugin** ret_instance) const {
    return table_->transport(table_.host(), abi(name), ret_transport, ret_instance);
  }
  // Connects through a transport; on_done hears of the end on this worker, unless this throws. [worker]
  void connect(const tenon_transport* transport, tenon_plugin* instance, std::uint32_t worker,
               const tenon_connect_request& request, const tenon_link_events* events, void* user,
               void (*on_done)(void* user, tenon_status status), void* done_user) const {
    const tenon_op op = table_->open_op(table_.host(), instance, on_done, done_user);
    if (op == 0) throw Failure(TENON_E_BUSY, "the transport has too many connections under way");
    const tenon_status status = transport->connect(instance, worker, &request, events, user, op);
    if (status == TENON_PENDING) return;
    table_->close_op(table_.host(), instance, op);
    check(status, "connecting");
    on_done(done_user, status);
  }

 private:
  HostTable<tenon_host_net> table_;
};

TENON_SDK_END
