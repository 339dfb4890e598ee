// SPDX-License-Identifier: 0BSD
#include "http_client.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <tenon/failure.hpp>

namespace acme {
namespace {

using tenon::sdk::Failure;

constexpr std::size_t status_line_bytes_max = 1'024;
constexpr int events_at_once = 64;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

// The status of "HTTP/1.1 200 OK"; 0: it is no such line.
int status_in(const std::string& line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return 0;
  int status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

}  // namespace

std::vector<Address> resolve(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found);
  if (code != 0) throw Failure(TENON_E_ADDRESS, "option \"url\": " + url.host + ": " + gai_strerror(code));
  std::vector<Address> addresses;
  for (const addrinfo* at = found; at; at = at->ai_next) {
    Address& address = addresses.emplace_back();
    std::memcpy(&address.raw, at->ai_addr, at->ai_addrlen);
    address.len = at->ai_addrlen;
  }
  freeaddrinfo(found);
  return addresses;
}

HttpClient::HttpClient(Url url, std::vector<Address> addresses, int timeout_ms)
    : url_(std::move(url)), addresses_(std::move(addresses)), timeout_ms_(timeout_ms) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{EPOLLIN, {.ptr = nullptr}};
  if (epoll_ < 0 || wake_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) {
    const int error = errno;
    close_descriptors();
    throw Failure(TENON_E_IO, std::string("no descriptors: ") + std::strerror(error), error);
  }
  // Signals are the broker's: this thread takes none.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {  // no memory, or no more threads
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    close_descriptors();
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HttpClient::~HttpClient() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake();
  thread_.join();
  close_descriptors();
}

void HttpClient::close_descriptors() {
  ::close(wake_);
  ::close(epoll_);
}

void HttpClient::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);  // fails when the thread is awake in any case
}

void HttpClient::post(std::string body, Done done) {
  Exchange exchange;
  exchange.request = "POST " + url_.path + " HTTP/1.1\r\nHost: " + url_.authority +
                     "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body;
  exchange.done = std::move(done);
  exchange.deadline_ms = now_ms() + timeout_ms_;
  {
    const std::lock_guard lock(mutex_);
    new_.push_back(std::move(exchange));
  }
  wake();
}

void HttpClient::run() {
  pthread_setname_np(pthread_self(), "auth-callout");
  epoll_event events[events_at_once];
  for (;;) {
    const int count = ::epoll_wait(epoll_, events, events_at_once, wait_ms());
    // An exchange that is finished stays in the list, with fd -1, until all events have been looked at.
    for (int i = 0; i < count; ++i)
      if (events[i].data.ptr) serve(*static_cast<Exchange*>(events[i].data.ptr), events[i].events);
    end_late_ones();
    open_.remove_if([](const Exchange& exchange) { return !exchange.done; });
    take_new();
    const std::lock_guard lock(mutex_);
    if (is_ending_ && new_.empty()) break;
  }
  for (Exchange& exchange : open_) finish(exchange, 0);
  open_.clear();
}

void HttpClient::take_new() {
  std::uint64_t count = 0;
  (void)!::read(wake_, &count, sizeof count);
  Exchanges taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(new_);
  }
  while (!taken.empty()) {
    open_.splice(open_.end(), taken, taken.begin());
    if (!connect(open_.back())) finish(open_.back(), 0);
  }
  open_.remove_if([](const Exchange& exchange) { return !exchange.done; });
}

// Begins to connect to the address that is next. False: none is left.
bool HttpClient::connect(Exchange& exchange) {
  for (; exchange.address < addresses_.size(); ++exchange.address) {
    const Address& address = addresses_[exchange.address];
    exchange.fd = ::socket(address.raw.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (exchange.fd < 0) continue;
    epoll_event event{EPOLLIN | EPOLLOUT, {.ptr = &exchange}};
    const int code = ::connect(exchange.fd, reinterpret_cast<const sockaddr*>(&address.raw), address.len);
    if ((code == 0 || errno == EINPROGRESS) && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, exchange.fd, &event) == 0)
      return true;
    ::close(exchange.fd);
    exchange.fd = -1;
  }
  return false;
}

void HttpClient::serve(Exchange& exchange, std::uint32_t events) {
  if (exchange.fd < 0) return;
  if (exchange.sent < exchange.request.size() && !send_rest(exchange)) {
    ::close(exchange.fd);
    exchange.fd = -1;
    // Nothing was sent: another address of the same name may take it.
    const bool is_unsent = exchange.sent == 0;
    ++exchange.address;
    if (!is_unsent || !connect(exchange)) finish(exchange, 0);
    return;
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(exchange);
}

// False: the connection is broken.
bool HttpClient::send_rest(Exchange& exchange) {
  const ssize_t n = ::send(exchange.fd, exchange.request.data() + exchange.sent,
                           exchange.request.size() - exchange.sent, MSG_NOSIGNAL);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  exchange.sent += static_cast<std::size_t>(n);
  if (exchange.sent < exchange.request.size()) return true;
  epoll_event event{EPOLLIN, {.ptr = &exchange}};
  return ::epoll_ctl(epoll_, EPOLL_CTL_MOD, exchange.fd, &event) == 0;
}

void HttpClient::receive(Exchange& exchange) {
  char bytes[512];
  const ssize_t n = ::recv(exchange.fd, bytes, sizeof bytes, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0) exchange.answer.append(bytes, static_cast<std::size_t>(n));
  const std::size_t end = exchange.answer.find("\r\n");
  if (end != std::string::npos)
    finish(exchange, status_in(exchange.answer.substr(0, end)));
  else if (n <= 0 || exchange.answer.size() > status_line_bytes_max)
    finish(exchange, 0);
}

void HttpClient::finish(Exchange& exchange, int status) {
  if (exchange.fd >= 0) ::close(exchange.fd);
  exchange.fd = -1;
  // The body held a password.
  std::fill(exchange.request.begin(), exchange.request.end(), '\0');
  if (const Done done = std::exchange(exchange.done, nullptr)) done(status);
}

void HttpClient::end_late_ones() {
  const std::int64_t now = now_ms();
  for (Exchange& exchange : open_) {
    if (exchange.deadline_ms > now) return;
    if (exchange.done) finish(exchange, 0);
  }
}

int HttpClient::wait_ms() const {
  if (open_.empty()) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(open_.front().deadline_ms - now_ms(), 0, timeout_ms_));
}

}  // namespace acme
