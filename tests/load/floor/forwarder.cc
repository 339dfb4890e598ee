#include "load/floor/forwarder.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace tenon::load {

namespace {

constexpr std::size_t read_buffer_bytes = std::size_t{128} * 1024;
// Few enough that what one turn copies stays in the cache until it is written.
constexpr std::size_t events_per_turn_max = 64;
constexpr int backlog = 4096;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

FileDescriptor listen_on_loopback(std::uint16_t port) {
  FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (listen(fd.get(), backlog) != 0) fail("listen");
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t address_bytes = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &address_bytes) != 0) fail("getsockname");
  return ntohs(address.sin_port);
}

}  // namespace

struct Forwarder::Link {
  FileDescriptor fd;
  Bytes unfinished;  // the packet whose end has not come
  Bytes out;
  std::size_t out_at = 0;
  std::uint16_t last_packet_id = 0;
  bool dirty = false;
  bool waits_for_socket = false;
  bool closed = false;
  bool subscribed = false;

  std::uint16_t next_packet_id() {
    last_packet_id =
        last_packet_id == 0xFFFF ? std::uint16_t{1} : static_cast<std::uint16_t>(last_packet_id + 1);
    return last_packet_id;
  }
};

Forwarder::Forwarder(std::uint16_t port)
    : listener_(listen_on_loopback(port)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      port_(port_of(listener_.get())),
      read_buffer_(read_buffer_bytes) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), &event) != 0) fail("epoll_ctl");
}

Forwarder::~Forwarder() = default;

void Forwarder::turn(int timeout_ms) {
  std::array<epoll_event, events_per_turn_max> events;
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    auto* const link = static_cast<Link*>(event.data.ptr);
    if (link == nullptr) {
      accept_all();
    } else if (!link->closed) {
      if ((event.events & EPOLLOUT) != 0) mark_dirty(*link);
      if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read_from(*link);
    }
  }
  write_dirty();
  bury_closed();
}

void Forwarder::accept_all() {
  for (;;) {
    FileDescriptor fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto slot = static_cast<std::size_t>(fd.get());
    if (links_.size() <= slot) links_.resize(slot + 1);
    auto link = std::make_unique<Link>();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = link.get();
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) continue;
    link->fd = std::move(fd);
    links_[slot] = std::move(link);
  }
}

void Forwarder::read_from(Link& link) {
  const std::size_t kept_bytes = link.unfinished.size();
  if (read_buffer_.size() < 2 * kept_bytes) read_buffer_.resize(2 * kept_bytes);
  std::copy(link.unfinished.begin(), link.unfinished.end(), read_buffer_.begin());
  const ssize_t got =
      recv(link.fd.get(), read_buffer_.data() + kept_bytes, read_buffer_.size() - kept_bytes, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return close(link);
  const std::span<const std::uint8_t> bytes(read_buffer_.data(), kept_bytes + static_cast<std::size_t>(got));
  const auto rest = bytes.subspan(handle_all(link, bytes));
  if (kept_bytes != 0 || !rest.empty()) link.unfinished.assign(rest.begin(), rest.end());
}

std::size_t Forwarder::handle_all(Link& link, std::span<const std::uint8_t> bytes) {
  std::size_t at = 0;
  Frame frame;
  while (!link.closed) {
    const FrameStatus status = next_frame(bytes.subspan(at), frame);
    if (status == FrameStatus::partial) break;
    const bool good =
        status == FrameStatus::complete && handle(link, frame, bytes.subspan(at, frame.size_bytes));
    if (!good) {
      close(link);
      break;
    }
    at += frame.size_bytes;
  }
  return at;
}

bool Forwarder::handle(Link& link, const Frame& frame, std::span<const std::uint8_t> packet) {
  switch (frame.type) {
    case PacketType::publish:
      return on_publish(link, frame, packet);
    case PacketType::puback:
      return true;
    case PacketType::connect: {
      const bool known_level =
          frame.body.size() > 6 && frame.body[6] == static_cast<std::uint8_t>(Version::v3_1_1);
      const std::uint8_t code = known_level ? 0 : 1;  // 1: unacceptable protocol level [MQTT-3.1.2-2]
      reply(link, std::array<std::uint8_t, 4>{first_byte(PacketType::connack), 2, 0, code});
      return true;
    }
    case PacketType::subscribe:
      return on_subscribe(link, frame);
    case PacketType::pingreq:
      reply(link, std::array<std::uint8_t, 2>{first_byte(PacketType::pingresp), 0});
      return true;
    default:
      return false;
  }
}

bool Forwarder::on_subscribe(Link& link, const Frame& frame) {
  if (frame.body.size() < 2) return false;
  Bytes codes;
  for (auto rest = frame.body.subspan(2); !rest.empty();) {
    if (rest.size() < 2) return false;
    const std::size_t filter_bytes = get_u16(rest.data());
    if (rest.size() < filter_bytes + 3) return false;
    const std::string_view filter(reinterpret_cast<const char*>(rest.data()) + 2, filter_bytes);
    const std::uint8_t asked = rest[2 + filter_bytes];
    rest = rest.subspan(filter_bytes + 3);
    const bool exact = filter.find_first_of("+#") == std::string_view::npos && !filter.starts_with("$share/");
    codes.push_back(exact ? std::min<std::uint8_t>(asked, 1) : std::uint8_t{0x80});
    if (exact)
      topics_[std::string(filter)].push_back({&link, asked == 0 ? Qos::at_most_once : Qos::at_least_once});
  }
  link.subscribed = true;
  Bytes suback{first_byte(PacketType::suback)};
  append_varint(suback, static_cast<std::uint32_t>(2 + codes.size()));
  suback.insert(suback.end(), frame.body.begin(), frame.body.begin() + 2);
  suback.insert(suback.end(), codes.begin(), codes.end());
  reply(link, suback);
  return true;
}

bool Forwarder::on_publish(Link& link, const Frame& frame, std::span<const std::uint8_t> packet) {
  PublishView publish;
  if (!parse_publish(frame, Version::v3_1_1, publish) || publish.qos == Qos::exactly_once) return false;
  const std::string_view topic(reinterpret_cast<const char*>(publish.topic.data()), publish.topic.size());
  if (const auto found = topics_.find(topic); found != topics_.end()) {
    for (const Subscriber& subscriber : found->second) deliver(subscriber, publish, packet);
  }
  if (publish.qos == Qos::at_least_once) {
    std::array<std::uint8_t, ack_bytes> puback;
    write_ack(puback.data(), PacketType::puback, publish.packet_id);
    reply(link, puback);
  }
  return true;
}

void Forwarder::deliver(const Subscriber& to, const PublishView& publish,
                        std::span<const std::uint8_t> packet) {
  Bytes& out = to.link->out;
  mark_dirty(*to.link);
  // The same bytes, but for the packet id, when the QoS stays; QoS 1 to QoS 0 loses id and length.
  if (publish.qos == Qos::at_most_once || to.qos == Qos::at_least_once) {
    out.insert(out.end(), packet.begin(), packet.end());
    if (publish.qos == Qos::at_most_once) return;
    put_u16(out.data() + out.size() - publish.payload.size() - 2, to.link->next_packet_id());
    return;
  }
  out.push_back(first_byte(PacketType::publish));
  append_varint(out, static_cast<std::uint32_t>(2 + publish.topic.size() + publish.payload.size()));
  append_u16(out, static_cast<std::uint16_t>(publish.topic.size()));
  out.insert(out.end(), publish.topic.begin(), publish.topic.end());
  out.insert(out.end(), publish.payload.begin(), publish.payload.end());
}

void Forwarder::reply(Link& link, std::span<const std::uint8_t> bytes) {
  link.out.insert(link.out.end(), bytes.begin(), bytes.end());
  mark_dirty(link);
}

void Forwarder::mark_dirty(Link& link) {
  if (link.dirty) return;
  link.dirty = true;
  dirty_.push_back(&link);
}

void Forwarder::write_dirty() {
  for (Link* const link : dirty_) {
    link->dirty = false;
    if (!link->closed) write_to(*link);
  }
  dirty_.clear();
}

void Forwarder::write_to(Link& link) {
  const ssize_t sent =
      send(link.fd.get(), link.out.data() + link.out_at, link.out.size() - link.out_at, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return close(link);
  if (sent > 0) link.out_at += static_cast<std::size_t>(sent);
  const bool all = link.out_at == link.out.size();
  if (all) {
    link.out_at = 0;
    link.out.clear();
  } else if (link.out.size() - link.out_at > unsent_bytes_max) {
    return close(link);
  }
  if (all == !link.waits_for_socket) return;
  link.waits_for_socket = !all;
  epoll_event event{};
  event.events = all ? EPOLLIN : EPOLLIN | EPOLLOUT;
  event.data.ptr = &link;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, link.fd.get(), &event);
}

void Forwarder::close(Link& link) {
  if (link.closed) return;
  link.closed = true;
  closed_.push_back(&link);
  if (!link.subscribed) return;
  for (auto entry = topics_.begin(); entry != topics_.end();) {
    std::erase_if(entry->second, [&link](const Subscriber& subscriber) { return subscriber.link == &link; });
    entry = entry->second.empty() ? topics_.erase(entry) : std::next(entry);
  }
}

void Forwarder::bury_closed() {
  for (Link* const link : closed_) {
    const auto slot = static_cast<std::size_t>(link->fd.get());
    links_[slot].reset();
  }
  closed_.clear();
}

}  // namespace tenon::load
