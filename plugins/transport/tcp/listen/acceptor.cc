#include "listen/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include <tenon/callback.hpp>

#include "link/peer.h"
#include "tcp_transport.h"
#include "worker_state.h"

namespace tenon::transport_tcp {
namespace {

constexpr std::int64_t pause_ns = 100'000'000;
constexpr std::uint32_t waiting_max = 65'536;  // no backlog is longer

}  // namespace

Acceptor::Acceptor(WorkerState& worker, int fd, const sdk::LinkEvents& events, std::uint32_t local_port,
                   std::uint32_t batch_max)
    : worker_(worker), fd_(fd), events_(events), local_port_(local_port), batch_max_(batch_max) {
  sdk::check(
      worker_.reactor().add(fd_, TENON_FD_READ, sdk::callback<&Acceptor::on_event>, this, &watch_token_),
      "watching a listening socket");
}

Acceptor::~Acceptor() {
  worker_.reactor().remove(watch_token_);
  if (timer_token_ != 0) worker_.timer().cancel(timer_token_);
}

void Acceptor::on_event(std::uint32_t) {
  for (std::uint32_t i = 0; i < batch_max_; ++i) {
    const Outcome outcome = accept_one();
    if (outcome == Outcome::none_waits || outcome == Outcome::exhausted) return;
  }
}

void Acceptor::accept_waiting() {
  for (std::uint32_t i = 0; i < waiting_max; ++i) {
    const Outcome outcome = accept_one();
    if (outcome == Outcome::none_waits || outcome == Outcome::exhausted) return;
  }
}

Acceptor::Outcome Acceptor::accept_one() {
  sockaddr_storage remote{};
  socklen_t len = sizeof remote;
  const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&remote), &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return outcome_of_failure(errno);
  complained_ = false;
  worker_.counters().add(Count::accepted);
  tenon_peer_info peer = peer_of(Address(reinterpret_cast<const sockaddr*>(&remote), len), local_port_);
  if (peer.family == TENON_PEER_UNIX) fill_socket_details(fd, peer);
  worker_.open_link(fd, events_, peer);
  return Outcome::accepted;
}

Acceptor::Outcome Acceptor::outcome_of_failure(int error_number) {
  if (error_number == EAGAIN) return Outcome::none_waits;
  if (error_number == EINTR) return Outcome::skipped;
  worker_.counters().add(Count::accept_errors);
  switch (error_number) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      pause(error_number);
      return Outcome::exhausted;
    default:
      return Outcome::skipped;  // this connection is gone; accept(2) says to go on
  }
}

void Acceptor::pause(int error_number) {
  worker_.reactor().modify(watch_token_, 0);
  if (timer_token_ == 0) {
    worker_.timer().start(pause_ns, sdk::callback<&Acceptor::on_resume>, this, &timer_token_);
  }
  if (complained_) return;
  complained_ = true;
  const std::string reason = std::generic_category().message(error_number);
  worker_.transport().log().warn(
      "transport.accept_paused",
      "no connection can be accepted until resources are free; raise the limit of open descriptors",
      {{"reason", reason}, {"port", std::to_string(local_port_)}});
}

void Acceptor::on_resume() {
  timer_token_ = 0;
  worker_.reactor().modify(watch_token_, TENON_FD_READ);
}

}  // namespace tenon::transport_tcp
