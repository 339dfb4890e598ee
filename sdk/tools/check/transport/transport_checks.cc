#include "transport/transport_checks.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <vector>

#include "transport/transport_driver.h"

namespace tenon::tools {
namespace {

constexpr std::size_t payload_sizes[] = {1, 2, 1'000, 16'384, 65'537, 1'000'000};
constexpr std::size_t piece_bytes = 256 * 1'024;
constexpr std::size_t pressure_bytes_max = 64 * 1'024 * 1'024;

// An address to listen on, and one at which that is found.
struct Form {
  std::string listen;
  std::string connect;
  std::uint32_t family;  // TENON_PEER_*; TENON_PEER_NONE: either
};

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

// Those of tenon_listen_request that this machine has.
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

// Listens on an address of that form; empty when the transport says that it has none such.
std::optional<TransportDriver::Place> listen_if_had(TransportDriver& driver, const std::string& address) {
  tenon_status status = TENON_OK;
  std::string words;
  const auto place = driver.listen(address, 0, &status, &words);
  if (!place && status != TENON_E_UNSUPPORTED)
    throw TransportFault("does not listen on " + address + ": " + words);
  return place;
}

// What is wrong with how an incoming link describes its peer.
std::string wrong_peer(const TransportLink& link, const Form& form, const TransportDriver::Place& place) {
  if (form.family != TENON_PEER_NONE && link.peer.family != form.family)
    return "its peer has family " + std::to_string(link.peer.family) + ", not " + std::to_string(form.family);
  if (link.peer.family != TENON_PEER_UNIX && link.peer.local_port != place.port)
    return "its local port is " + std::to_string(link.peer.local_port) + ", not the listener's " +
           std::to_string(place.port);
  if (link.peer.family == TENON_PEER_IPV4 && !std::equal(link.peer.addr, link.peer.addr + 4, "\x7f\0\0\1"))
    return "its peer is another than 127.0.0.1";
  return {};
}

Finding check_addresses(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  TransportDriver driver(check_host, d, subject);
  int had = 0;
  for (const Form& form : forms_of(subject)) {
    set_scene("it was to listen on " + form.listen);
    const auto place = listen_if_had(driver, form.listen);
    if (!place) continue;
    ++had;
    if ((place->port == 0) != (form.family == TENON_PEER_UNIX))
      return fail("the port of a listener on " + form.listen + " is " + std::to_string(place->port));
    driver.connect(form.connect, place->port);
    if (const std::string wrong = wrong_peer(driver.accept(), form, *place); !wrong.empty())
      return fail("a link that came in at " + form.listen + ": " + wrong);
    tenon_status status = TENON_OK;
    std::string words;
    if (driver.listen(form.listen, place->port, &status, &words))
      return fail("listens twice on " + form.listen + ", port " + std::to_string(place->port));
    const bool is_named = words.find(form.listen) != std::string::npos ||
                          (place->port != 0 && words.find(std::to_string(place->port)) != std::string::npos);
    if (!is_named)
      return fail(
          "refuses " + form.listen + ", on which somebody listens, and does not name it: \"" + words + "\"",
          "say the address and the reason");
    driver.forget_links();
    driver.close(*place);
  }
  if (had == 0) return fail("listens on no address of any form");
  for (const std::string& address :
       {"unix:" + subject.scratch_dir + "/no/such/folder", std::string("1.2.3.4.5.invalid")}) {
    tenon_status status = TENON_OK;
    std::string words;
    if (driver.listen(address, 0, &status, &words)) return fail("listens on " + address);
    if (words.find(address) == std::string::npos)
      return fail("refuses " + address + " and does not name it", "say the address and the reason");
  }
  return pass(std::to_string(had) + " forms");
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Sends through one end of each size what the other end has to get.
void exchange(TransportDriver& driver, TransportLink& from, TransportLink& to, std::mt19937& random) {
  std::string all;
  for (const std::size_t size : payload_sizes) {
    const std::string payload = random_bytes(random, size);
    all += payload;
    driver.send(from, payload);
    driver.expect(to, all, std::to_string(size) + " bytes");
  }
}

Finding check_echo(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  TransportDriver driver(check_host, d, subject);
  std::mt19937 random(subject.seed);
  for (const Form& form : forms_of(subject)) {
    set_scene("links went over " + form.listen);
    const auto place = listen_if_had(driver, form.listen);
    if (!place) continue;
    TransportLink& out = driver.connect(form.connect, place->port);
    TransportLink& in = driver.accept();
    exchange(driver, out, in, random);
    exchange(driver, in, out, random);
    driver.forget_links();
    driver.close(*place);
  }
  return pass();
}

// Sends until less is taken than there is; what was taken.
std::string fill(TransportDriver& driver, TransportLink& link, std::mt19937& random) {
  std::string taken;
  while (taken.size() < pressure_bytes_max) {
    const std::string piece = random_bytes(random, piece_bytes);
    const std::size_t len = driver.send_some(link, piece);
    taken += piece.substr(0, len);
    if (len < piece.size()) return taken;
  }
  throw TransportFault("send_v takes " + std::to_string(taken.size()) + " bytes that nobody reads");
}

Finding check_pressure(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  TransportDriver driver(check_host, d, subject);
  std::mt19937 random(subject.seed);
  for (const Form& form : forms_of(subject)) {
    set_scene("the reader of a link over " + form.listen + " had stopped");
    const auto place = listen_if_had(driver, form.listen);
    if (!place) continue;
    TransportLink& out = driver.connect(form.connect, place->port);
    TransportLink& in = driver.accept();
    {
      const std::lock_guard lock(driver.mutex());
      in.pause_at_bytes = 1;
    }
    std::string sent = fill(driver, out, random);
    driver.resume(in);
    driver.expect(in, sent, "after the reader went on");
    driver.wait_until([&] { return out.writable_count == out.short_count; },
                      "on_writable does not follow, after send_v took less than it was given");
    const std::string more = random_bytes(random, piece_bytes);
    driver.send(out, more);
    driver.expect(in, sent + more, "after on_writable");
    driver.forget_links();
    driver.close(*place);
  }
  return pass();
}

}  // namespace

std::vector<Check> transport_checks() {
  return {
      {"transport.addresses",
       "each form of address is listened on and connected to, links say who is there, and an address that "
       "can't be had is refused by its name",
       "answer TENON_E_UNSUPPORTED for forms that the transport has not; say the address and the reason",
       {"lifecycle.workers"},
       on_transports(check_addresses)},
      {"transport.echo",
       "what is sent at one end of a link comes out at the other, whole and in order, in both directions",
       "*ret_len of send_v is what was taken, and no byte more; commit what was read",
       {"transport.addresses"},
       on_transports(check_echo)},
      {"transport.pressure",
       "a reader that has stopped is given nothing, its sender takes less and is told once when it takes "
       "more, "
       "and nothing is lost",
       "stop reading on TENON_AGAIN; call on_writable once, after send_v took less than it was given",
       {"transport.echo"},
       on_transports(check_pressure)},
  };
}

}  // namespace tenon::tools
