#include "host/intercept/intercept_chain.h"

#include <bit>
#include <unordered_map>
#include <utility>

#include "base/assert.h"
#include "base/executor.h"
#include "host/instance.h"
#include "host/intercept/intercept_walk.h"

namespace tenon::host {

// Walks that wait by ticket, for each worker by itself.
class InterceptChain::Impl final : public InterceptWalkOwner {
 public:
  void add(Instance& instance, const InterceptSettings& settings) {
    TENON_BUG(instance.spec().kind == Kind::intercept, "a chain of interceptors of something else");
    TENON_BUG(links.size() < count_max, "more interceptors than a message can choose");
    links.push_back(std::make_unique<InterceptLink>(instance));
    set(links.size() - 1, settings);
    executor_ = instance.services().executor;
    workers_.resize(executor_->worker_count());
  }

  void set(std::size_t place, const InterceptSettings& settings) {
    links[place]->timeout_ns.store(settings.timeout_ns, std::memory_order_relaxed);
    links[place]->on_error.store(settings.on_error, std::memory_order_relaxed);
  }

  std::optional<InterceptOutcome> ask(Chosen chosen, const InterceptedMessage& message, Then&& then,
                                      InterceptTicket* ret_ticket) {
    TENON_BUG(chosen != 0 && std::bit_width(chosen) <= links.size(), "no such interceptor");
    PerWorker& here = current();
    auto walk = std::make_unique<InterceptWalk>(*this, links, chosen, message);
    if (auto outcome = walk->run()) return outcome;
    *ret_ticket = static_cast<InterceptTicket>(++here.last_ticket);
    walk->wait_by(*ret_ticket, std::move(then));
    here.walks.emplace(*ret_ticket, std::move(walk));
    return std::nullopt;
  }

  void cancel(InterceptTicket ticket) {
    PerWorker& here = current();
    const auto at = here.walks.find(ticket);
    if (at == here.walks.end()) return;
    at->second->cancel();
    here.walks.erase(at);
  }

  void forget(InterceptTicket ticket) override { current().walks.erase(ticket); }

  InterceptLinks links;

 private:
  struct alignas(64) PerWorker {
    std::uint64_t last_ticket = 0;
    std::unordered_map<InterceptTicket, std::unique_ptr<InterceptWalk>> walks;
  };

  PerWorker& current() {
    const std::uint32_t worker = executor_->current_worker();
    TENON_BUG(worker < workers_.size(), "interceptors were asked outside of a worker");
    return workers_[worker];
  }

  Executor* executor_ = nullptr;
  std::vector<PerWorker> workers_;
};

InterceptChain::InterceptChain() : impl_(std::make_unique<Impl>()) {}
InterceptChain::~InterceptChain() = default;

void InterceptChain::add(Instance& instance, const InterceptSettings& settings) {
  impl_->add(instance, settings);
}

std::size_t InterceptChain::size() const {
  return impl_->links.size();
}

const std::string& InterceptChain::name(std::size_t place) const {
  return impl_->links[place]->instance.name();
}

void InterceptChain::set(std::size_t place, const InterceptSettings& settings) {
  impl_->set(place, settings);
}

std::optional<InterceptOutcome> InterceptChain::ask(Chosen chosen, const InterceptedMessage& message,
                                                    Then then, InterceptTicket* ret_ticket) {
  return impl_->ask(chosen, message, std::move(then), ret_ticket);
}

void InterceptChain::cancel(InterceptTicket ticket) {
  impl_->cancel(ticket);
}

void InterceptChain::count_refused(std::size_t place) {
  impl_->links[place]->refused.fetch_add(1, std::memory_order_relaxed);
}

InterceptChain::Counts InterceptChain::counts(std::size_t place) const {
  const InterceptLink& link = *impl_->links[place];
  const auto read = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  return {read(link.asked), read(link.refused), read(link.dropped), read(link.replaced), read(link.failed)};
}

}  // namespace tenon::host
