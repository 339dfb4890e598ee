#include "load/engine/worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <future>
#include <system_error>

#include "load/engine/clock.h"

namespace tenon::load {

namespace {

// Small enough for the second-level cache, large enough for hundreds of messages per read.
constexpr std::size_t buffer_bytes = std::size_t{128} * 1024;
constexpr std::size_t events_per_turn_max = 64;
// Those that are open have their CONNECT sent in between: a broker does not wait for that for long.
constexpr std::size_t opens_per_turn_max = 64;
constexpr int tick_ms = 100;

FileDescriptor checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return FileDescriptor(fd);
}

void control(int epoll, int operation, int fd, std::uint32_t events, void* data) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = data;
  if (epoll_ctl(epoll, operation, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

void drain(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd, &count, sizeof count);
}

}  // namespace

Worker::Worker(WorkerConfig config, std::uint32_t index)
    : config_(std::move(config)),
      index_(index),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      timer_(checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create")),
      read_buffer_(buffer_bytes),
      write_buffer_(buffer_bytes) {
  control(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), EPOLLIN, &wake_);
  control(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), EPOLLIN, &timer_);
  thread_ = std::thread([this] { run(); });
}

Worker::~Worker() {
  stopping_ = true;
  post([] {});
  thread_.join();
}

void Worker::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void Worker::call(const std::function<void()>& task) {
  std::promise<void> done;
  post([&] {
    try {
      task();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

std::string Worker::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void Worker::note_error(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (error_.empty()) error_ = text;
}

void Worker::run() {
  while (!stopping_) turn();
}

void Worker::turn() {
  std::array<epoll_event, events_per_turn_max> events;
  const int patience_ms = more_to_open_ ? 0 : tick_ms;
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience_ms);
  turn_ns_ = now_ns();
  for (int i = 0; i < count; ++i) {
    void* const source = events[static_cast<std::size_t>(i)].data.ptr;
    if (source == &wake_) {
      run_tasks();
    } else if (source == &timer_) {
      drain(timer_.get());
      if (client_ != nullptr) client_->on_timer();
    } else {
      static_cast<Link*>(source)->on_events(events[static_cast<std::size_t>(i)].events);
    }
  }
  if (client_ != nullptr) client_->on_turn_end();
  open_waiting();
  tick();
}

void Worker::run_tasks() {
  drain(wake_.get());
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

void Worker::open_waiting() {
  // Those that fail at once and are queued again wait for the next turn.
  const std::size_t waiting = to_connect_.size();
  std::size_t left = std::min(waiting, opens_per_turn_max);
  for (; left > 0 && handshakes_ < config_.handshakes_max; --left) {
    Link* const link = to_connect_.front();
    to_connect_.pop_front();
    ++handshakes_;
    link->open();
  }
  more_to_open_ = waiting > opens_per_turn_max && left == 0;
}

void Worker::tick() {
  if (turn_ns_ - last_tick_ns_ < tick_ms * ns_per_ms) return;
  last_tick_ns_ = turn_ns_;
  if (client_ != nullptr) client_->on_tick(turn_ns_);
  ping_idle_links();
}

void Worker::ping_idle_links() {
  if (config_.keep_alive_s == 0 || turn_ns_ - last_ping_ns_ < ns_per_s) return;
  last_ping_ns_ = turn_ns_;
  const std::uint64_t quiet_ns = config_.keep_alive_s * ns_per_s / 2;
  Bytes ping;
  append_pingreq(ping);
  for (const auto& link : links_) {
    if (link->state() == Link::State::ready && turn_ns_ - link->last_sent_ns() > quiet_ns) link->send(ping);
  }
}

Link& Worker::add_link(LinkHandler& handler, LinkPlan plan) {
  return *links_.emplace_back(std::make_unique<Link>(*this, handler, std::move(plan)));
}

void Worker::disconnect_all() {
  to_connect_.clear();
  for (const auto& link : links_) link->disconnect();
}

void Worker::on_link_ready() {
  ++ready_count_;
  on_handshake_over();
}

double Worker::cpu_s() const {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

void Worker::arm_timer(std::uint64_t at_ns) {
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(at_ns / ns_per_s);
  when.it_value.tv_nsec = static_cast<long>(at_ns % ns_per_s);
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void Worker::watch(int fd, Link& link, std::uint32_t epoll_events) {
  control(epoll_.get(), EPOLL_CTL_ADD, fd, epoll_events, &link);
}

void Worker::rewatch(int fd, Link& link, std::uint32_t epoll_events) {
  control(epoll_.get(), EPOLL_CTL_MOD, fd, epoll_events, &link);
}

std::span<std::uint8_t> Worker::read_buffer(std::size_t kept_bytes) {
  if (read_buffer_.size() < 2 * kept_bytes) read_buffer_.resize(2 * kept_bytes);
  reserve_write_buffer(read_buffer_.size());
  return read_buffer_;
}

void Worker::reserve_write_buffer(std::size_t bytes) {
  if (write_buffer_.size() < bytes) write_buffer_.resize(bytes);
}

const in_addr* Worker::next_source() {
  if (config_.sources.empty()) return nullptr;
  return &config_.sources[(next_source_++) % config_.sources.size()];
}

}  // namespace tenon::load
