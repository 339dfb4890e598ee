// Interceptors with one fault each, chosen by FAULT.
#include <tenon/async.hpp>
#include <tenon/kind/intercept.hpp>
#include <tenon/module.hpp>
#include <tenon/timer.hpp>

#include <memory>
#include <set>

namespace tenon::faulty {

enum Fault { decides_on_no_filter, is_lost_for_words, answers_nobody, holds_what_is_cancelled };

class Interceptor : public sdk::InterceptPlugin<Interceptor> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_ASYNC_ID, TENON_HOST_TIMER_ID, nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "acme.interceptor", .name = "interceptor", .version = "1.0", .requires_host = required_tables};
  using InterceptPlugin::InterceptPlugin;

  struct Worker {
    Worker(Interceptor&, std::uint32_t) {}
    std::set<tenon_op> open;
  };

  void init() {
    async_ = sdk::Async(host());
    timer_ = sdk::Timer(host());
  }
  std::vector<std::string> filters() const {
    return {FAULT == decides_on_no_filter ? "$share/group/a" : "a/+"};
  }
  tenon_status intercept(Worker& worker, const sdk::InterceptedMessage& message, tenon_op op,
                         sdk::InterceptAnswer) {
    if (FAULT == is_lost_for_words && message.payload().size() > 1000)
      throw sdk::Failure(TENON_E_NOMEM, "so much");
    if (FAULT == answers_nobody) return TENON_PENDING;
    if (FAULT == holds_what_is_cancelled) return answer_later(worker, op);
    return TENON_OK;
  }
  tenon_status cancel(Worker& worker, tenon_op op) {
    worker.open.erase(op);
    return FAULT == holds_what_is_cancelled ? TENON_PENDING : TENON_OK;
  }

 private:
  struct Later {
    Interceptor& self;
    Worker& worker;
    tenon_op op;
  };
  tenon_status answer_later(Worker& worker, tenon_op op) {
    worker.open.insert(op);
    std::uint64_t token = 0;
    const auto in_time = [](void* user) {
      const std::unique_ptr<Later> later(static_cast<Later*>(user));
      if (later->worker.open.erase(later->op) > 0) later->self.async_.complete(later->op, TENON_OK);
    };
    return timer_.start(0, in_time, new Later{*this, worker, op}, &token) == TENON_OK ? TENON_PENDING
                                                                                      : TENON_E_BUSY;
  }

  sdk::Async async_;
  sdk::Timer timer_;
};

}  // namespace tenon::faulty

TENON_CPP_MODULE(1, "acme.interceptor", "1.0", tenon::faulty::Interceptor)
