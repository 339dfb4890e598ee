// Asio tells by a thread-local pointer whether it is inside its loop, which GCC takes for a null pointer; and
// it has fences, which the thread sanitizer does not follow.
#pragma GCC diagnostic ignored "-Wnull-dereference"
#ifdef __SANITIZE_THREAD__
#pragma GCC diagnostic ignored "-Wtsan"
#endif

#include "runtime/control_loop.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <utility>

#include "base/task_queue.h"
#include "runtime/epoll_reactor.h"
#include "runtime/os_error.h"
#include "runtime/process/process.h"
#include "runtime/system_clock.h"

namespace tenon::runtime {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// The worker's kind of reactor, inside an io_context: Asio watches its epoll set and runs one timer for its
// wheel.
class AsioDrivenReactor final : public EpollReactor {
 public:
  static Result<std::unique_ptr<AsioDrivenReactor>> create(asio::io_context& io) {
    auto descriptors = open_descriptors();
    if (!descriptors) return descriptors.error();
    return std::unique_ptr<AsioDrivenReactor>(new AsioDrivenReactor(io, std::move(descriptors).value()));
  }
  ~AsioDrivenReactor() override { readable_.release(); }

  TimerToken start_timer(std::int64_t delay_ns, TimerFn fn, void* user) override {
    set_now(SystemClock::now_ns());
    const TimerToken token = EpollReactor::start_timer(delay_ns, fn, user);
    arm_timer();
    return token;
  }

 private:
  AsioDrivenReactor(asio::io_context& io, Descriptors descriptors)
      : EpollReactor(std::move(descriptors)), readable_(io, epoll_fd()), timer_(io) {
    watch();
  }

  void watch() {
    readable_.async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code failed) {
      if (failed) return;
      set_now(SystemClock::now_ns());
      collect(0);
      dispatch();
      watch();
    });
  }

  void arm_timer() {
    const MonoNs next = next_timer_ns();
    if (next >= armed_for_ns_) return;
    armed_for_ns_ = next;
    const std::int64_t wait_ns = next - SystemClock::now_ns();
    timer_.expires_after(std::chrono::nanoseconds(wait_ns));
    timer_.async_wait([this](error_code failed) {
      if (failed) return;
      armed_for_ns_ = INT64_MAX;
      set_now(SystemClock::now_ns());
      fire_timers();
      arm_timer();
    });
  }

  asio::posix::stream_descriptor readable_;
  asio::steady_timer timer_;
  MonoNs armed_for_ns_ = INT64_MAX;
};

}  // namespace

struct ControlLoop::Impl {
  asio::io_context io{1};
  std::unique_ptr<AsioDrivenReactor> reactor;
  asio::signal_set stop_signals{io};
  asio::signal_set reload_signals{io};
  std::function<void()> on_stop;
  std::function<void()> on_reload;
  std::atomic<bool> quitting{false};
  TaskQueue queue;

  static void watch(asio::signal_set& signals, const std::function<void()>& fn) {
    signals.async_wait([&signals, &fn](error_code failed, int) {
      if (failed) return;
      fn();
      watch(signals, fn);
    });
  }
};

Result<std::unique_ptr<ControlLoop>> ControlLoop::create() {
  try {
    auto impl = std::make_unique<Impl>();
    auto reactor = AsioDrivenReactor::create(impl->io);
    if (!reactor) return reactor.error();
    impl->reactor = std::move(reactor).value();
    return std::unique_ptr<ControlLoop>(new ControlLoop(std::move(impl)));
  } catch (const boost::system::system_error& failure) {
    return os_error(failure.code().value(), "make the control loop");
  }
}

ControlLoop::ControlLoop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlLoop::~ControlLoop() = default;

Status ControlLoop::watch_signals(std::function<void()> on_stop, std::function<void()> on_reload) {
  error_code failed;
  ignore_sigpipe();
  impl_->on_stop = std::move(on_stop);
  impl_->on_reload = std::move(on_reload);
  impl_->stop_signals.add(SIGTERM, failed);
  if (!failed) impl_->stop_signals.add(SIGINT, failed);
  if (!failed) impl_->reload_signals.add(SIGHUP, failed);
  if (failed) return os_error(failed.value(), "watch signals");
  Impl::watch(impl_->stop_signals, impl_->on_stop);
  Impl::watch(impl_->reload_signals, impl_->on_reload);
  return {};
}

void ControlLoop::post(Task* task) {
  if (impl_->queue.push(task)) asio::post(impl_->io, [impl = impl_.get()] { impl->queue.run_all(); });
}

Reactor& ControlLoop::reactor() {
  return *impl_->reactor;
}

void ControlLoop::run() {
  const auto guard = asio::make_work_guard(impl_->io);
  impl_->io.restart();
  while (!impl_->quitting.exchange(false)) impl_->io.run_one();
}

void ControlLoop::quit() {
  impl_->quitting = true;
  asio::post(impl_->io, [] {});
}

}  // namespace tenon::runtime
