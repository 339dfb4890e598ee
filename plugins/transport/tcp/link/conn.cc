#include "link/conn.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include <tenon/callback.hpp>

#include "status.h"
#include "worker_state.h"

namespace tenon::transport_tcp {
namespace {

// The spans of the ABI are what the system wants, so that sending copies nothing, not even the list. That is
// too little to be counted; it saves the code that would cut long lists to pieces.
static_assert(sizeof(tenon_bytes) == sizeof(iovec) &&
              offsetof(tenon_bytes, data) == offsetof(iovec, iov_base) &&
              offsetof(tenon_bytes, len) == offsetof(iovec, iov_len));

ssize_t send_spans(int fd, std::span<const tenon_bytes> spans) {
  msghdr message{};
  message.msg_iov = reinterpret_cast<iovec*>(const_cast<tenon_bytes*>(spans.data()));
  message.msg_iovlen = spans.size();
  ssize_t sent;
  do {
    sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

}  // namespace

tenon_status Conn::open(WorkerState& worker, int fd, const SharedEvents& events,
                        const tenon_peer_info& peer) {
  worker_ = &worker;
  fd_ = fd;
  events_ = events;
  reading_ = true;
  auto* const handle = reinterpret_cast<tenon_conn*>(this);
  const tenon_status accepted = events_->on_open(worker.index(), handle, peer, &link_);
  if (accepted != TENON_OK) {
    release();
    return accepted < 0 ? accepted : TENON_E_INTERNAL;
  }
  if (watch_again()) return TENON_OK;
  report_closed(ENOMEM);
  return TENON_E_IO;
}

std::uint64_t Conn::send_v(std::span<const tenon_bytes> spans) {
  std::uint64_t taken = 0;
  if (failure_ != 0 || write_blocked_) return 0;
  while (!spans.empty()) {
    const auto chunk = spans.first(std::min<std::size_t>(spans.size(), IOV_MAX));
    if (send_chunk(chunk, taken) != Sent::all) break;
    spans = spans.subspan(chunk.size());
  }
  if (taken > 0) worker_->counters().add(Count::sent_bytes, taken);
  return taken;
}

Conn::Sent Conn::send_chunk(std::span<const tenon_bytes> chunk, std::uint64_t& taken) {
  const ssize_t sent = send_spans(fd_, chunk);
  if (sent < 0 && errno != EAGAIN) {
    fail_later(errno);
    return Sent::failed;
  }
  taken += static_cast<std::uint64_t>(std::max<ssize_t>(sent, 0));
  std::uint64_t wanted = 0;
  for (const tenon_bytes& span : chunk) wanted += span.len;
  if (sent >= 0 && static_cast<std::uint64_t>(sent) == wanted) return Sent::all;
  write_blocked_ = true;
  if (!watch_again()) fail_later(ENOMEM);
  return Sent::blocked;
}

void Conn::set_reading(bool on) {
  if (reading_ == on) return;
  reading_ = on;
  if (failure_ == 0 && !watch_again()) fail_later(ENOMEM);
}

void Conn::close(bool flush) {
  if (failure_ != 0) {
    worker_->timer().cancel(token_);
  } else {
    unwatch();
    if (flush) worker_->linger(SocketFd(std::exchange(fd_, -1)));
  }
  release();
}

void Conn::abandon() {
  if (failure_ != 0) {
    worker_->timer().cancel(token_);
  } else {
    unwatch();
  }
  release();
}

void Conn::on_event(std::uint32_t events) {
  const bool ended = (events & TENON_FD_CLOSED) != 0;
  if ((events & TENON_FD_WRITE) && !ended && write_blocked_) {
    write_blocked_ = false;
    watch_again();
    events_->on_writable(link_);
  }
  if (reading_ && (events & (TENON_FD_READ | TENON_FD_CLOSED))) {
    read_input();
  } else if (ended) {
    end_while_paused();
  }
}

// Once a turn: to hear EAGAIN behind a short read made it 6.2 system calls a message at window 1 instead
// of 4.2, and four full reads at once, 256 KiB, cost a heavy link half as much CPU again
// (docs/internals/tricks.md). Requires level-triggered events: what is left is reported in the next turn,
// behind the other links.
void Conn::read_input() {
  const std::span<std::uint8_t> space = events_->rx_reserve(link_);
  ssize_t got;
  do {
    got = ::recv(fd_, space.data(), space.size(), MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    const int error_number = got < 0 ? errno : 0;
    events_->rx_commit(link_, 0);
    if (got < 0 && error_number == EAGAIN) return;
    report_closed(error_number);
    return;
  }
  worker_->counters().add(Count::received_bytes, static_cast<std::uint64_t>(got));
  if (events_->rx_commit(link_, static_cast<std::uint64_t>(got)) != TENON_OK) {
    reading_ = false;
    watch_again();
  }
}

void Conn::end_while_paused() {
  int error_number = 0;
  socklen_t len = sizeof error_number;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error_number, &len);
  if (error_number == 0 && write_blocked_) error_number = EPIPE;  // there is nobody left to take the output
  if (error_number != 0) {
    report_closed(error_number);
    return;
  }
  // The peer has closed in good order. What it sent before is still to be read, so the end is reported after
  // that; until then the level-triggered hang-up must not keep the loop awake.
  unwatch();
}

bool Conn::watch_again() {
  const std::uint32_t wanted = (reading_ ? TENON_FD_READ : 0u) | (write_blocked_ ? TENON_FD_WRITE : 0u);
  const sdk::Reactor& reactor = worker_->reactor();
  if (token_ != 0) return reactor.modify(token_, wanted) == TENON_OK;
  return reactor.add(fd_, wanted, sdk::callback<&Conn::on_event>, this, &token_) == TENON_OK;
}

void Conn::unwatch() {
  if (const std::uint64_t token = std::exchange(token_, 0); token != 0) worker_->reactor().remove(token);
}

void Conn::fail_later(int error_number) {
  unwatch();
  failure_ = error_number;
  worker_->timer().start(0, sdk::callback<&Conn::on_failure>, this, &token_);
}

void Conn::on_failure() {
  token_ = 0;
  report_closed(failure_);
}

void Conn::report_closed(int error_number) {
  unwatch();
  const SharedEvents events = events_;
  void* const link = link_;
  // Released first: the host may count on it when on_closed is called for the last link.
  release();
  events->on_closed(link, link_status(error_number), error_number);
}

void Conn::release() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  events_ = SharedEvents();
  failure_ = 0;
  token_ = 0;
  write_blocked_ = false;
  worker_->conns().give_back(*this);
}

}  // namespace tenon::transport_tcp
