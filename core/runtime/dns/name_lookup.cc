#include "runtime/dns/name_lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>

#include "runtime/dns/service_records.h"

namespace tenon::runtime {

namespace {

using AddressList = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

Status add_addresses(const std::string& host, std::uint16_t port, std::vector<FoundAddress>& found) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &raw);
  const AddressList list(raw, &::freeaddrinfo);
  if (failed != 0)
    return Error{failed == EAI_NONAME ? Errc::not_found : Errc::io, host + ": " + ::gai_strerror(failed)};
  for (const addrinfo* at = list.get(); at; at = at->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      found.push_back({text, port});
  }
  return {};
}

}  // namespace

bool is_numeric_address(const std::string& host) {
  in6_addr ignored;
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

Result<std::vector<FoundAddress>> look_up(const std::string& name, std::uint16_t port) {
  std::vector<FoundAddress> found;
  Status last;
  if (is_service_name(name)) {
    const auto services = look_up_services(name);
    if (!services.ok()) return services.error();
    for (const ServiceRecord& service : *services)
      if (Status added = add_addresses(service.target, service.port, found); !added.ok())
        last = std::move(added);
  } else {
    last = add_addresses(name, port, found);
  }
  if (found.empty()) return last.ok() ? Error{Errc::not_found, name + ": no address"} : last.error();
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace tenon::runtime
