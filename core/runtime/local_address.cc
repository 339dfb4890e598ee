#include "runtime/local_address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <memory>

namespace tenon::runtime {

namespace {

// RFC 1918.
bool is_private(std::uint32_t address) {
  return (address >> 24) == 10 || (address >> 20) == 0xac1 || (address >> 16) == 0xc0a8;
}

// How good an address is; 0: not at all.
int rank(const ifaddrs& entry) {
  if (!entry.ifa_addr || (entry.ifa_flags & IFF_UP) == 0 || (entry.ifa_flags & IFF_LOOPBACK) != 0) return 0;
  if (entry.ifa_addr->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(entry.ifa_addr);
    return is_private(ntohl(v4->sin_addr.s_addr)) ? 3 : 2;
  }
  if (entry.ifa_addr->sa_family != AF_INET6) return 0;
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr);
  return IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) ? 0 : 1;
}

std::string text_of(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  const void* bytes = address.sa_family == AF_INET
                          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr)
                          : &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  ::inet_ntop(address.sa_family, bytes, text, sizeof text);
  return text;
}

}  // namespace

std::string local_address() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return "127.0.0.1";
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, &::freeifaddrs);
  const ifaddrs* best = nullptr;
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next)
    if (rank(*entry) > (best ? rank(*best) : 0)) best = entry;
  return best ? text_of(*best->ifa_addr) : "127.0.0.1";
}

}  // namespace tenon::runtime
