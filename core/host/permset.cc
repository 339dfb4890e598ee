#include "host/permset.h"

#include <atomic>
#include <utility>

#include "base/executor.h"
#include "host/instance.h"

namespace tenon::host {
namespace {

std::uint64_t next_epoch() {
  static constinit std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::uint32_t abi_action(Action action) {
  switch (action) {
    case Action::publish:
      return TENON_ACTION_PUBLISH;
    case Action::receive:
      return TENON_ACTION_RECEIVE;
    case Action::subscribe:
      return TENON_ACTION_SUBSCRIBE;
  }
  return UINT32_MAX;
}

}  // namespace

Permset Permset::adopt(Instance* owner, const tenon_permset* set, std::uint64_t seen) {
  Permset result;
  result.owner_ = owner;
  result.set_ = set;
  result.epoch_ = set ? next_epoch() : 0;
  result.seen_ = seen;
  return result;
}

Permset::Permset(const Permset& other)
    : owner_(other.owner_), set_(other.set_), epoch_(other.epoch_), seen_(other.seen_) {
  if (!set_) return;
  const PluginScope scope(owner_->tag());
  owner_->auth().permset_retain(set_);
}

Permset::Permset(Permset&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      set_(std::exchange(other.set_, nullptr)),
      epoch_(std::exchange(other.epoch_, 0)),
      seen_(std::exchange(other.seen_, 0)) {}

Permset& Permset::operator=(Permset other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(set_, other.set_);
  std::swap(epoch_, other.epoch_);
  std::swap(seen_, other.seen_);
  return *this;
}

Permset::~Permset() {
  if (!set_) return;
  const PluginScope scope(owner_->tag());
  owner_->auth().permset_release(set_);
}

bool Permset::check(Action action, std::string_view topic, std::uint8_t qos, bool retain) const {
  if (!set_) return true;
  const tenon_authz_query query{sizeof query,
                                abi_action(action),
                                qos,
                                retain ? 1u : 0u,
                                {reinterpret_cast<const std::uint8_t*>(topic.data()), topic.size()}};
  std::uint8_t verdict = TENON_VERDICT_DENY;
  const PluginScope scope(owner_->tag());
  owner_->auth().permset_check(set_, &query, 1, sizeof query, &verdict);
  return verdict == TENON_VERDICT_ALLOW;
}

bool Permset::stale() const {
  return owner_ && owner_->invalidations().count() != seen_;
}

Permset::Freshness Permset::refresh(std::string_view username, std::string_view client_id) {
  if (!owner_) return Freshness::same;
  const std::uint64_t now = owner_->invalidations().count();
  if (now == seen_ || !owner_->invalidations().concerns(seen_, username, client_id)) {
    seen_ = now;
    return Freshness::same;
  }
  if (!set_) return Freshness::revoked;
  void* context = owner_->worker_context(owner_->services().executor->current_worker());
  const tenon_permset* fresh = nullptr;
  tenon_status status = TENON_E_EXCEPTION;
  try {
    const PluginScope scope(owner_->tag());
    status = owner_->auth().permset_refresh(owner_->raw(), context, set_, &fresh);
  } catch (...) {  // as any other failure: revoked
  }
  if (status != TENON_OK || !fresh) return Freshness::revoked;
  *this = adopt(owner_, fresh, now);
  return Freshness::changed;
}

}  // namespace tenon::host
