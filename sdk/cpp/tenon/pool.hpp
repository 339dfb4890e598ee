/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/pool.h>

#include <memory>
#include <type_traits>
#include <utility>

#include <tenon/failure.hpp>
#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.pool/1 (draft; list it in requires_host). [any]
class Pool {
 public:
  Pool() = default;
  explicit Pool(const tenon_host* host) : table_(host, TENON_HOST_POOL_ID) {}

  // Runs job() once on a pool thread. TENON_E_BUSY: it will not run. What the job throws is dropped. Capture
  // the tenon_op and make the OpHandle inside the job, so that a refused job leaves the token to the caller:
  //   return pool_.submit([=, this] { OpHandle op(async_, token); ...; op.finish(TENON_OK); }) == TENON_OK
  //              ? TENON_PENDING : TENON_E_BUSY;
  template <class Job>
  tenon_status submit(Job&& job) const {
    using Owned = std::decay_t<Job>;
    auto owned = std::make_unique<Owned>(std::forward<Job>(job));
    const tenon_status status = table_->submit(
        table_.host(),
        [](void* arg) noexcept {
          const std::unique_ptr<Owned> mine(static_cast<Owned*>(arg));
          guarded_void([&] { (*mine)(); });
        },
        owned.get());
    if (status == TENON_OK) (void)owned.release();
    return status;
  }

 private:
  HostTable<tenon_host_pool> table_;
};

TENON_SDK_END
