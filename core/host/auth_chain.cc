#include "host/auth_chain.h"

#include <unordered_map>
#include <utility>

#include "base/assert.h"
#include "base/executor.h"
#include "host/auth/walk.h"
#include "host/instance.h"

namespace tenon::host {

// Walks by ticket, for each worker by itself.
class AuthChain::Impl final : public WalkOwner {
 public:
  explicit Impl(std::vector<AuthLink> links) : links_(std::move(links)) {
    for (const AuthLink& link : links_)
      TENON_BUG(link.instance && link.instance->spec().kind == Kind::auth, "an auth chain of something else");
    if (links_.empty()) return;
    executor_ = links_[0].instance->services().executor;
    workers_.resize(executor_->worker_count());
  }

  AuthTicket authenticate(const AuthRequest& request, MonoNs deadline, Callback done) {
    if (links_.empty()) {
      Walk(this, links_, AuthTicket{}, request, deadline, std::move(done)).start();
      return AuthTicket{};
    }
    PerWorker& here = current();
    const auto ticket = static_cast<AuthTicket>(++here.last_ticket);
    auto made = std::make_unique<Walk>(this, links_, ticket, request, deadline, std::move(done));
    Walk& walk = *made;
    here.walks.emplace(ticket, std::move(made));
    walk.start();
    return here.walks.contains(ticket) ? ticket : AuthTicket{};
  }

  void cancel(AuthTicket ticket) {
    if (links_.empty()) return;
    PerWorker& here = current();
    const auto at = here.walks.find(ticket);
    if (at == here.walks.end()) return;
    at->second->cancel();
    here.walks.erase(at);
  }

  void forget(AuthTicket ticket) override {
    if (ticket != AuthTicket{}) current().walks.erase(ticket);
  }

 private:
  struct alignas(64) PerWorker {
    std::uint64_t last_ticket = 0;
    std::unordered_map<AuthTicket, std::unique_ptr<Walk>> walks;
  };

  PerWorker& current() {
    const std::uint32_t worker = executor_->current_worker();
    TENON_BUG(worker < workers_.size(), "an auth chain was asked outside of a worker");
    return workers_[worker];
  }

  std::vector<AuthLink> links_;
  Executor* executor_ = nullptr;
  std::vector<PerWorker> workers_;
};

AuthChain::AuthChain(std::vector<AuthLink> links) : impl_(std::make_unique<Impl>(std::move(links))) {}
AuthChain::~AuthChain() = default;

AuthTicket AuthChain::authenticate(const AuthRequest& request, MonoNs deadline, Callback done) {
  return impl_->authenticate(request, deadline, std::move(done));
}

void AuthChain::cancel(AuthTicket ticket) {
  impl_->cancel(ticket);
}

}  // namespace tenon::host
