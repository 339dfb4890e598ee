#include "link/farewell.h"

#include <sys/socket.h>

#include <cerrno>

#include <tenon/callback.hpp>

#include "worker_state.h"

namespace tenon::transport_tcp {

bool Farewell::begin() {
  if (::shutdown(fd_.get(), SHUT_WR) != 0 || discard_input()) return false;
  const bool watched = worker_.reactor().add(fd_.get(), TENON_FD_READ, sdk::callback<&Farewell::on_event>,
                                             this, &watch_token_) == TENON_OK;
  return watched && worker_.timer().start(farewell_ns, sdk::callback<&Farewell::on_timeout>, this,
                                          &timer_token_) == TENON_OK;
}

Farewell::~Farewell() {
  if (watch_token_ != 0) worker_.reactor().remove(watch_token_);
  if (timer_token_ != 0) worker_.timer().cancel(timer_token_);
}

void Farewell::on_event(std::uint32_t) {
  if (discard_input()) worker_.end_farewell(*this);
}

void Farewell::on_timeout() {
  timer_token_ = 0;
  worker_.end_farewell(*this);
}

bool Farewell::discard_input() {
  const auto scratch = worker_.scratch();
  while (discarded_bytes_ < discarded_bytes_max) {
    const ssize_t got = ::recv(fd_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0 || errno != EAGAIN;
    discarded_bytes_ += static_cast<std::uint64_t>(got);
  }
  return true;
}

}  // namespace tenon::transport_tcp
