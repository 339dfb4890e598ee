#include "runtime/epoll_reactor.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "runtime/os_error.h"
#include "runtime/system_clock.h"

namespace tenon::runtime {
namespace {

constexpr std::uint64_t wake_token = 0;  // no slab gives it out

std::uint32_t to_epoll(std::uint32_t events) {
  return ((events & fd_read) ? EPOLLIN : 0u) | ((events & fd_write) ? EPOLLOUT : 0u);
}

std::uint32_t from_epoll(std::uint32_t events) {
  return ((events & EPOLLIN) ? fd_read : 0u) | ((events & EPOLLOUT) ? fd_write : 0u) |
         ((events & (EPOLLERR | EPOLLHUP)) ? fd_closed : 0u);
}

MonoNs add_saturated(MonoNs now_ns, std::int64_t delay_ns) {
  return delay_ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + delay_ns;
}

}  // namespace

Result<EpollReactor::Descriptors> EpollReactor::open_descriptors() {
  Descriptors made{OwnedFd(::epoll_create1(EPOLL_CLOEXEC)), OwnedFd()};
  if (!made.epoll) return os_error(errno, "make an epoll set for a worker");
  made.wake = OwnedFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!made.wake) return os_error(errno, "make an event counter for a worker");
  // Edge-triggered: every write is reported once, so that a wake-up is one system call, and no read follows
  // (tests/load/calls.sh shows none). Requires that nobody reads it or trusts its value; 2^64
  // writes, behind which one would fail and wake nobody, never come.
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = wake_token;
  if (::epoll_ctl(made.epoll.get(), EPOLL_CTL_ADD, made.wake.get(), &event) != 0) {
    return os_error(errno, "watch the event counter of a worker");
  }
  return made;
}

EpollReactor::EpollReactor(Descriptors descriptors)
    : descriptors_(std::move(descriptors)),
      timers_(SystemClock::now_ns()),
      now_ns_(SystemClock::now_ns()),
      collected_(std::make_unique<epoll_event[]>(events_per_turn_max)) {}

EpollReactor::~EpollReactor() = default;

Result<FdToken> EpollReactor::add_fd(int fd, std::uint32_t events, FdFn fn, void* user) {
  const std::uint64_t token = watches_.insert(Watch{fn, user, fd, events});
  if (token == 0) return Error{Errc::busy, "a worker can watch no more descriptors"};
  epoll_event event{};
  event.events = to_epoll(events);
  event.data.u64 = token;
  if (::epoll_ctl(descriptors_.epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    const int error_number = errno;
    watches_.erase(token);
    return os_error(error_number, "watch descriptor " + std::to_string(fd));
  }
  return FdToken{token};
}

Status EpollReactor::modify_fd(FdToken token, std::uint32_t events) {
  Watch* watch = watches_.find(static_cast<std::uint64_t>(token));
  if (!watch) return Error{Errc::not_found, "the descriptor is no longer watched"};
  if (watch->events == events) return {};
  epoll_event event{};
  event.events = to_epoll(events);
  event.data.u64 = static_cast<std::uint64_t>(token);
  if (::epoll_ctl(descriptors_.epoll.get(), EPOLL_CTL_MOD, watch->fd, &event) != 0) {
    return os_error(errno, "change the watch of descriptor " + std::to_string(watch->fd));
  }
  watch->events = events;
  return {};
}

void EpollReactor::remove_fd(FdToken token) {
  const Watch* watch = watches_.find(static_cast<std::uint64_t>(token));
  if (!watch) return;
  ::epoll_ctl(descriptors_.epoll.get(), EPOLL_CTL_DEL, watch->fd, nullptr);
  watches_.erase(static_cast<std::uint64_t>(token));
}

TimerToken EpollReactor::start_timer(std::int64_t delay_ns, TimerFn fn, void* user) {
  return timers_.start(add_saturated(now_ns_, delay_ns), fn, user);
}

bool EpollReactor::cancel_timer(TimerToken token) {
  return timers_.cancel(token);
}

void EpollReactor::collect(int timeout_ms) {
  const int epoll = descriptors_.epoll.get();
  int count = ::epoll_wait(epoll, collected_.get(), events_per_turn_max, timeout_ms);
  // A wait that a signal has ended (SIGCONT does, too) has not looked; and what was sent before a task came
  // is to be seen before the task that this one posts.
  if (count < 0 && errno == EINTR) count = ::epoll_wait(epoll, collected_.get(), events_per_turn_max, 0);
  TENON_BUG(count >= 0 || errno == EINTR, "epoll_wait failed on the worker's own set");
  collected_count_ = count < 0 ? 0 : count;
  is_all_collected_ = count >= 0 && count < events_per_turn_max;
}

std::uint64_t EpollReactor::dispatch() {
  std::uint64_t delivered = 0;
  const int count = collected_count_;
  collected_count_ = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = collected_[i];
    const Watch* found = watches_.find(event.data.u64);
    if (!found) continue;
    const Watch watch = *found;
    // What is no longer asked for, since a callback of this turn changed it, is left out.
    const std::uint32_t events = from_epoll(event.events) & (watch.events | fd_closed);
    if (events == 0) continue;
    watch.fn(watch.user, events);
    ++delivered;
  }
  events_ += static_cast<std::uint64_t>(count);
  if (is_all_collected_) ++whole_turns_;
  return delivered;
}

void EpollReactor::wake() const {
  const std::uint64_t one = 1;
  const ssize_t written = ::write(descriptors_.wake.get(), &one, sizeof one);
  TENON_BUG(written == sizeof one || errno == EAGAIN, "write to the worker's event counter failed");
}

}  // namespace tenon::runtime
