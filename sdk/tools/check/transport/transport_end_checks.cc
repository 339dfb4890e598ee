#include "transport/transport_checks.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "transport/system_listener.h"
#include "transport/transport_driver.h"
#include "transport/transport_form.h"

namespace tenon::tools {
namespace {

constexpr std::size_t payload_bytes = 50'000;  // less than what lies between two ends
constexpr int repeat_rounds = 100;
constexpr std::int64_t connect_time_ns = 2 * ns_per_s;
constexpr const char* loopback = "127.0.0.1";

// A link of which the check holds both ends.
struct Ends {
  TransportLink& out;
  TransportLink& in;
};

Ends link_through(TransportDriver& driver, const Form& form, const TransportDriver::Place& place) {
  TransportLink& out = driver.connect(form.connect, place.port);
  return {out, driver.accept()};
}

// A socket of the system, not of the plugin: the peer that the plugin does not know.
class Stranger {
 public:
  explicit Stranger(std::uint32_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw TransportFault("nobody but itself can connect to its listener");
  }
  ~Stranger() {
    if (fd_ >= 0) ::close(fd_);
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  void send(const std::string& bytes) {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      throw TransportFault("a peer can't send " + std::to_string(bytes.size()) + " bytes");
  }
  void finish() { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

void need_end(TransportDriver& driver, TransportLink& link, const std::string& what, bool is_reset) {
  const tenon_status why = driver.wait_for_end(link, what);
  if (!is_reset && why != TENON_E_CLOSED)
    throw TransportFault(what + ": on_closed says " + std::to_string(why) + ", not TENON_E_CLOSED");
  if (is_reset && why != TENON_E_RESET && why != TENON_E_IO)
    throw TransportFault(what + ": on_closed says " + std::to_string(why) +
                         ", not TENON_E_RESET or TENON_E_IO");
}

void look_at_ends_of_its_own(TransportDriver& driver, const Form& form, const TransportDriver::Place& place,
                             const std::string& payload) {
  for (const bool reader_has_stopped : {false, true}) {
    const std::string what = reader_has_stopped ? "closed while its reader had stopped" : "closed";
    const Ends ends = link_through(driver, form, place);
    if (reader_has_stopped) {
      const std::lock_guard lock(driver.mutex());
      ends.in.pause_at_bytes = 1;
    }
    driver.send(ends.out, payload);
    driver.close(ends.out, true);
    if (reader_has_stopped) {
      driver.wait_until([&] { return ends.in.is_paused; }, what + ": not one byte arrives");
      driver.resume(ends.in);
    }
    driver.expect(ends.in, payload, what);
    need_end(driver, ends.in, what, false);
  }
}

Finding check_ends(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  TransportDriver driver(check_host, d, subject);
  const std::string payload(payload_bytes, 'x');
  const auto [form, its_own] = listen_on_first(driver, subject);
  look_at_ends_of_its_own(driver, form, its_own, payload);
  const auto place = driver.listen_if_had(loopback);
  if (!place)
    return skip("needs a transport that listens on " + std::string(loopback) +
                "; between its own links all holds");
  {
    Stranger peer(place->port);
    TransportLink& link = driver.accept();
    peer.send(payload);
    peer.finish();
    driver.expect(link, payload, "the peer sends no more");
    need_end(driver, link, "the peer sends no more", false);
  }
  {
    Stranger peer(place->port);
    TransportLink& link = driver.accept();
    peer.send("x");
    driver.expect(link, "x", "a byte before a reset");
    peer.reset();
    need_end(driver, link, "the peer resets the link", true);
  }
  return pass();
}

Finding look_at_failure(TransportDriver& driver, const std::string& address, std::uint32_t port) {
  tenon_status status = TENON_OK;
  if (driver.connect(address, port, &status, connect_time_ns))
    return fail("opens a link to " + address + ", where nobody listens");
  return pass();
}

// Nobody refuses, and nobody answers.
Finding look_at_silence(TransportDriver& driver) {
  set_scene("it was to connect to a listener that takes no more connections");
  SystemListener silent(loopback);
  silent.fill();
  tenon_status status = TENON_OK;
  if (driver.connect(loopback, silent.port(), &status, connect_time_ns))
    return fail("opens a link to " + std::string(loopback) + ", where nobody answers");
  return pass();
}

Finding check_failures(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  TransportDriver driver(check_host, d, subject);
  const auto [form, place] = listen_on_first(driver, subject);
  // The host refuses: the other end sees that the link ends.
  driver.refuse_incoming(true);
  TransportLink& out = driver.connect(form.connect, place.port);
  (void)driver.wait_for_end(out, "the host has refused a link");
  if (driver.refused_count() != 1)
    return fail("a link ends that the host has refused, but was not asked for");
  driver.refuse_incoming(false);
  driver.close(place);
  const std::vector<std::pair<std::string, std::uint32_t>> nobody{
      {form.connect, place.port},
      {"1.2.3.4.5.invalid", 1883},
      {"unix:" + subject.scratch_dir + "/nobody", 0}};
  for (const auto& [address, port] : nobody) {
    set_scene("it was to connect to " + address);
    if (Finding found = look_at_failure(driver, address, port); found.verdict != Verdict::pass) return found;
  }
  return look_at_silence(driver);
}

Finding check_repeat(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  TransportDriver driver(check_host, d, subject);
  return endure(repeat_rounds, [&]() -> Status {
    const auto [form, place] = listen_on_first(driver, subject);
    const Ends ends = link_through(driver, form, place);
    driver.send(ends.out, "there");
    driver.expect(ends.in, "there", "five bytes");
    driver.close(ends.out, true);
    (void)driver.wait_for_end(ends.in, "closed");
    link_through(driver, form, place);
    driver.forget_links();
    driver.close(place);
    return {};
  });
}

}  // namespace

std::vector<Check> transport_end_checks() {
  return {
      {"transport.ends",
       "all that was sent arrives before the end of its link, which is told once, with the reason",
       "read what is left before on_closed; TENON_E_CLOSED where the peer ended in peace, TENON_E_RESET or "
       "TENON_E_IO where it did not; deliver what was taken on TENON_CLOSE_FLUSH",
       {"transport.pressure"},
       on_transports(check_ends)},
      {"transport.connect-fails",
       "a connection that can't be made ends by its deadline, with an error and without a link; one that the "
       "host "
       "refuses is closed",
       "close the operation once, with TENON_OK behind on_open only; close what on_open refuses",
       {"transport.addresses"},
       on_transports(check_failures)},
      {"transport.repeat",
       "listeners and links by the hundred leave nothing behind",
       "free in close and in listener_close all that belongs to them",
       {"transport.echo"},
       on_transports(check_repeat)},
  };
}

}  // namespace tenon::tools
