/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/net.h>

#include <string_view>

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
  // A token for tenon_transport.connect; on_done hears of its end on this worker. [worker]
  tenon_op open_op(void (*on_done)(void* user, tenon_status status), void* user) const {
    return table_->open_op(table_.host(), on_done, user);
  }

 private:
  HostTable<tenon_host_net> table_;
};

TENON_SDK_END
