#include "transport/transport_checks.h"

#include <algorithm>
#include <random>
#include <vector>

#include "transport/system_listener.h"
#include "transport/transport_driver.h"
#include "transport/transport_form.h"

namespace tenon::tools {
namespace {

constexpr std::size_t payload_sizes[] = {1, 2, 1'000, 16'384, 65'537, 1'000'000};
constexpr std::size_t piece_bytes = 256 * 1'024;
constexpr std::size_t pressure_bytes_max = 64 * 1'024 * 1'024;

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

// Somebody else listens there already, at an address that the form includes.
Finding look_at_taken(TransportDriver& driver, const Form& form) {
  if (form.family == TENON_PEER_NONE) return pass();  // a name may be another address, too
  const bool is_unix = form.family == TENON_PEER_UNIX;
  const std::string suffix = is_unix ? ".taken" : "";
  const SystemListener other(form.connect + suffix);
  const std::string address = form.listen + suffix;
  tenon_status status = TENON_OK;
  std::string words;
  if (driver.listen(address, other.port(), &status, &words))
    return fail("listens on " + address + ", port " + std::to_string(other.port()) +
                ", where somebody else listens");
  const bool is_named = words.find(address) != std::string::npos ||
                        (!is_unix && words.find(std::to_string(other.port())) != std::string::npos);
  return is_named ? pass()
                  : fail("refuses " + address + ", on which somebody listens, and does not name it: \"" +
                             words + "\"",
                         "say the address and the reason");
}

Finding check_addresses(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  TransportDriver driver(check_host, d, subject);
  int had = 0;
  for (const Form& form : forms_of(subject)) {
    set_scene("it was to listen on " + form.listen);
    const auto place = driver.listen_if_had(form.listen);
    if (!place) continue;
    ++had;
    if ((place->port == 0) != (form.family == TENON_PEER_UNIX))
      return fail("the port of a listener on " + form.listen + " is " + std::to_string(place->port));
    driver.connect(form.connect, place->port);
    if (const std::string wrong = wrong_peer(driver.accept(), form, *place); !wrong.empty())
      return fail("a link that came in at " + form.listen + ": " + wrong);
    driver.forget_links();
    driver.close(*place);
    if (Finding found = look_at_taken(driver, form); found.verdict != Verdict::pass) return found;
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
    const auto place = driver.listen_if_had(form.listen);
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
    const auto place = driver.listen_if_had(form.listen);
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
