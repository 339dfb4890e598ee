#include "transport/transport_form.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tenon::tools {
namespace {

bool has_ipv6() {
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool is_bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return is_bound;
}

}  // namespace

std::vector<Form> forms_of(const Subject& subject) {
  const std::string path = "unix:" + subject.scratch_dir + "/socket";
  std::vector<Form> forms{{"127.0.0.1", "127.0.0.1", TENON_PEER_IPV4},
                          {"0.0.0.0", "127.0.0.1", TENON_PEER_IPV4},
                          {"*", "127.0.0.1", TENON_PEER_IPV4},
                          {"localhost", "localhost", TENON_PEER_NONE},
                          {path, path, TENON_PEER_UNIX}};
  if (has_ipv6()) {
    forms.push_back({"::1", "::1", TENON_PEER_IPV6});
    forms.push_back({"::", "::1", TENON_PEER_IPV6});
    forms.push_back({"*", "::1", TENON_PEER_IPV6});
  }
  return forms;
}

std::pair<Form, TransportDriver::Place> listen_on_first(TransportDriver& driver, const Subject& subject) {
  for (const Form& form : forms_of(subject))
    if (const auto place = driver.listen_if_had(form.listen)) return {form, *place};
  throw TransportFault("listens on no address of any form");
}

}  // namespace tenon::tools
