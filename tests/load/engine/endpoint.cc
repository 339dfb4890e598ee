#include "load/engine/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace tenon::load {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::uint32_t source_addresses_max = 65536;

Endpoint unix_endpoint(const std::string& path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    throw std::runtime_error("unix:" + path + ": the path must have 1 to 107 bytes");
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Endpoint endpoint;
  std::memcpy(&endpoint.address, &address, sizeof address);
  endpoint.address_bytes = sizeof address;
  return endpoint;
}

std::uint32_t parse_ipv4(std::string_view text) {
  in_addr address{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) {
    throw std::runtime_error("'" + std::string(text) + "' is not an IPv4 address");
  }
  return ntohl(address.s_addr);
}

void append_range(std::vector<in_addr>& out, std::string_view part) {
  const std::size_t dash = part.find('-');
  const std::uint32_t first = parse_ipv4(part.substr(0, dash));
  const std::uint32_t last = dash == std::string_view::npos ? first : parse_ipv4(part.substr(dash + 1));
  if (last < first || last - first >= source_addresses_max) {
    throw std::runtime_error("'" + std::string(part) + "' is not a range of at most 65536 addresses");
  }
  for (std::uint32_t address = first; address <= last; ++address) out.push_back({htonl(address)});
}

// The port is chosen at connect, so that one local port can serve several destinations.
bool bind_source(int fd, in_addr source) {
  const int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr = source;
  return bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0;
}

}  // namespace

Endpoint resolve_endpoint(const std::string& host, std::uint16_t port) {
  if (host.starts_with(unix_prefix)) return unix_endpoint(host.substr(unix_prefix.size()));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) throw std::runtime_error("host '" + host + "': " + gai_strerror(error));
  Endpoint endpoint;
  std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
  endpoint.address_bytes = found->ai_addrlen;
  freeaddrinfo(found);
  return endpoint;
}

std::vector<in_addr> parse_source_addresses(std::string_view text) {
  std::vector<in_addr> addresses;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    append_range(addresses, text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return addresses;
}

FileDescriptor start_connect(const Endpoint& to, const in_addr* source) {
  FileDescriptor fd(socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return {};
  const int on = 1;
  if (to.family() != AF_UNIX) setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source != nullptr && to.family() == AF_INET && !bind_source(fd.get(), *source)) return {};
  const auto* address = reinterpret_cast<const sockaddr*>(&to.address);
  if (connect(fd.get(), address, to.address_bytes) != 0 && errno != EINPROGRESS) return {};
  return fd;
}

void ensure_file_limit(std::uint64_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count) return;
  const rlimit wanted{count, std::max<rlim_t>(count, limit.rlim_max)};
  if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) return;
  throw std::runtime_error("this run needs " + std::to_string(count) + " open files, the limit is " +
                           std::to_string(limit.rlim_max) + "; raise it with 'ulimit -Hn'");
}

}  // namespace tenon::load
