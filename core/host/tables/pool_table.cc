#include <tenon/draft/pool.h>

#include "base/executor.h"
#include "base/task.h"
#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

// One job. A pool that stops drops what it has not begun; a plugin was promised that its job runs, so it runs
// then.
class PoolJob final : public Task {
 public:
  PoolJob(Instance* instance, tenon_job_fn fn, void* arg) : instance_(instance), fn_(fn), arg_(arg) {}
  void run() override {
    {
      const PluginScope scope(instance_->tag());
      fn_(arg_);
    }
    instance_->pool_jobs().leave();
    delete this;
  }
  void drop() override { run(); }

 private:
  Instance* instance_;
  tenon_job_fn fn_;
  void* arg_;
};

tenon_status submit(const tenon_host* host, tenon_job_fn fn, void* arg) {
  Instance& instance = instance_of(host);
  if (!fn) return TENON_E_INVALID;
  if (!instance.pool_jobs().enter()) return TENON_E_BUSY;
  auto job = std::make_unique<PoolJob>(&instance, fn, arg);
  if (!instance.services().executor->post_blocking(job.get())) {
    instance.pool_jobs().leave();
    return TENON_E_BUSY;
  }
  (void)job.release();
  return TENON_OK;
}

constexpr tenon_host_pool table{sizeof(tenon_host_pool), 0, submit};

}  // namespace

const void* pool_table() {
  return &table;
}

}  // namespace tenon::host
