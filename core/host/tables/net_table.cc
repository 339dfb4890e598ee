#include <tenon/draft/net.h>

#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

using DoneFn = void (*)(void* user, tenon_status status);

// A plugin that waits for another plugin's operation.
class ForwardedOp final : public Operation {
 public:
  ForwardedOp(Instance* waiter, DoneFn on_done, void* user)
      : waiter_(waiter), on_done_(on_done), user_(user) {}
  void on_closed(tenon_status status, End) override {
    const PluginScope scope(waiter_->tag());
    on_done_(user_, status);
  }

 private:
  Instance* waiter_;
  DoneFn on_done_;
  void* user_;
};

tenon_status transport(const tenon_host* host, tenon_bytes name, const tenon_transport** ret_transport,
                       tenon_plugin** ret_instance) {
  Instance* found = instance_of(host).neighbours().find_transport(view_of(name));
  if (!found) return TENON_E_NOT_FOUND;
  *ret_transport = &found->transport();
  *ret_instance = found->raw();
  return TENON_OK;
}

tenon_op open_op(const tenon_host* host, tenon_plugin* instance, DoneFn on_done, void* user) {
  Instance& waiter = instance_of(host);
  Instance* owner = waiter.neighbours().find_raw(instance);
  if (!owner || !on_done || !waiter.worker_side()) return 0;
  return owner->open_op(std::make_unique<ForwardedOp>(&waiter, on_done, user));
}

void close_op(const tenon_host* host, tenon_plugin* instance, tenon_op op) {
  if (Instance* owner = instance_of(host).neighbours().find_raw(instance)) owner->ops().close(op);
}

constexpr tenon_host_net table{sizeof(tenon_host_net), 0, transport, open_op, close_op};

}  // namespace

const void* net_table() {
  return &table;
}

}  // namespace tenon::host
