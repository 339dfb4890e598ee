#include "load/engine/link.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "load/engine/clock.h"
#include "load/engine/worker.h"

namespace tenon::load {

namespace {

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Link::Link(Worker& worker, LinkHandler& handler, LinkPlan plan)
    : worker_(worker), handler_(handler), plan_(std::move(plan)) {}

void Link::open() {
  opened_ns_ = now_ns();
  const WorkerConfig& config = worker_.config();
  FileDescriptor fd =
      start_connect(plan_.at_publish_broker ? config.publish_broker : config.broker, worker_.next_source());
  if (!fd) return lose("connect: " + std::generic_category().message(errno));
  stream_ = ByteStream(std::move(fd), config.tls.get());
  state_ = State::connecting;
  worker_.watch(stream_.fd(), *this, EPOLLOUT);
}

void Link::finish_connect() {
  int error = 0;
  socklen_t error_bytes = sizeof error;
  getsockopt(stream_.fd(), SOL_SOCKET, SO_ERROR, &error, &error_bytes);
  if (error != 0) return lose("connect: " + std::generic_category().message(error));
  state_ = State::securing;
  secure();
}

void Link::secure() {
  switch (stream_.handshake()) {
    case ByteStream::Handshake::done:
      return say_connect();
    case ByteStream::Handshake::wants_read:
      return worker_.rewatch(stream_.fd(), *this, EPOLLIN);
    case ByteStream::Handshake::wants_write:
      return worker_.rewatch(stream_.fd(), *this, EPOLLOUT);
    case ByteStream::Handshake::failed:
      return lose("TLS: " + stream_.error_text());
  }
}

void Link::say_connect() {
  state_ = State::connack_wait;
  worker_.rewatch(stream_.fd(), *this, EPOLLIN);
  Bytes packet;
  const WorkerConfig& config = worker_.config();
  append_connect(packet, {.version = config.version,
                          .client_id = plan_.client_id,
                          .keep_alive_s = config.keep_alive_s,
                          .clean = plan_.clean,
                          .session_expiry_s = plan_.session_expiry_s,
                          .username = config.username,
                          .password = config.password});
  send(packet);
}

void Link::on_events(std::uint32_t epoll_events) {
  if (state_ == State::closed) return;
  if (state_ == State::connecting) return finish_connect();
  if (state_ == State::securing) return secure();
  if ((epoll_events & EPOLLOUT) != 0) flush();
  if ((epoll_events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && state_ != State::closed) read_some();
}

void Link::read_some() {
  const std::size_t kept_bytes = unfinished_.size();
  const std::span<std::uint8_t> buffer = worker_.read_buffer(kept_bytes);
  std::copy(unfinished_.begin(), unfinished_.end(), buffer.begin());
  const ssize_t got = stream_.read(buffer.subspan(kept_bytes));
  if (got == 0) return lose("the broker closed the connection");
  if (got < 0) {
    if (!would_block(errno)) lose("read: " + stream_.error_text());
    return;
  }
  const auto bytes = buffer.first(kept_bytes + static_cast<std::size_t>(got));
  const std::size_t taken_bytes = handler_.on_bytes(*this, bytes);
  if (state_ == State::closed) return;
  const auto rest = bytes.subspan(taken_bytes);
  if (kept_bytes != 0 || !rest.empty()) unfinished_.assign(rest.begin(), rest.end());
}

void Link::send(std::span<const std::uint8_t> bytes) {
  if (state_ == State::closed || bytes.empty()) return;
  last_sent_ns_ = worker_.turn_ns();
  if (unsent_.empty()) {
    const ssize_t sent = stream_.write(bytes);
    if (sent < 0 && !would_block(errno)) return lose("write: " + stream_.error_text());
    bytes = bytes.subspan(sent < 0 ? 0 : static_cast<std::size_t>(sent));
    if (bytes.empty()) return;
    worker_.rewatch(stream_.fd(), *this, EPOLLIN | EPOLLOUT);
  }
  unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
}

void Link::flush() {
  if (unsent_.empty()) return;
  const ssize_t sent = stream_.write(std::span(unsent_).subspan(unsent_at_));
  if (sent < 0) {
    if (!would_block(errno)) lose("write: " + stream_.error_text());
    return;
  }
  unsent_at_ += static_cast<std::size_t>(sent);
  if (unsent_at_ != unsent_.size()) return;
  unsent_.clear();
  unsent_at_ = 0;
  worker_.rewatch(stream_.fd(), *this, EPOLLIN);
  handler_.on_writable(*this);
}

void Link::on_control(const Frame& frame) {
  switch (frame.type) {
    case PacketType::connack:
      return on_connack(frame);
    case PacketType::suback:
      return on_suback(frame);
    case PacketType::pingresp:
      ++pong_count_;
      return;
    case PacketType::disconnect: {
      const unsigned reason = frame.body.empty() ? 0U : frame.body[0];
      return lose("the broker sent DISCONNECT with reason " + std::to_string(reason));
    }
    default:
      return fail_protocol("an unexpected packet of type " +
                           std::to_string(static_cast<unsigned>(frame.type)));
  }
}

void Link::on_connack(const Frame& frame) {
  const auto connack = parse_connack(frame, worker_.config().version);
  if (!connack || state_ != State::connack_wait) return fail_protocol("a malformed or unexpected CONNACK");
  if (connack->code != 0) {
    return fail(worker_.counters().connects_refused,
                "CONNECT refused with code " + std::to_string(connack->code));
  }
  ++worker_.counters().connected;
  session_present_ = connack->session_present;
  receive_maximum_ = connack->receive_maximum;
  if (plan_.filters.empty()) return become_ready();
  subscribe();
}

void Link::subscribe() {
  state_ = State::suback_wait;
  Bytes packet;
  append_subscribe(packet, worker_.config().version, 1, plan_.filters, plan_.subscribe_qos);
  send(packet);
}

void Link::on_suback(const Frame& frame) {
  const auto suback = parse_suback(frame, worker_.config().version);
  if (!suback || state_ != State::suback_wait || suback->codes.size() != plan_.filters.size()) {
    return fail_protocol("a malformed or unexpected SUBACK");
  }
  for (const std::uint8_t code : suback->codes) {
    if (code < 0x80) continue;
    return fail(worker_.counters().subscribes_refused, "SUBSCRIBE refused with code " + std::to_string(code));
  }
  worker_.counters().subscribed += suback->codes.size();
  become_ready();
}

void Link::become_ready() {
  state_ = State::ready;
  worker_.on_link_ready();
  handler_.on_ready(*this);
}

void Link::disconnect() {
  if (state_ == State::closed) return;
  Bytes packet;
  append_disconnect(packet);
  if (state_ >= State::connack_wait) send(packet);
  drop();
}

void Link::drop() {
  if (state_ != State::closed) close();
}

void Link::fail_protocol(std::string_view what) {
  fail(worker_.counters().protocol_errors, what);
}

void Link::lose(std::string_view what) {
  fail(worker_.counters().links_lost, what);
}

void Link::fail(std::uint64_t& counter, std::string_view what) {
  ++counter;
  worker_.note_error(plan_.client_id + ": " + std::string(what));
  close();
  handler_.on_down(*this);
}

void Link::close() {
  if (state_ != State::ready) worker_.on_handshake_over();
  state_ = State::closed;
  stream_ = ByteStream();
  unfinished_ = {};
  unsent_ = {};
  unsent_at_ = 0;
}

}  // namespace tenon::load
