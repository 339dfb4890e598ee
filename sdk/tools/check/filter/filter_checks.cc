#include <algorithm>
#include <functional>
#include <random>

#include "filter/filter_link.h"
#include "made_plugin.h"

namespace tenon::tools {
namespace {

constexpr std::uint32_t roles[] = {TENON_ROLE_SERVER, TENON_ROLE_CLIENT};
constexpr int handshake_rounds_max = 50;
constexpr int repeat_rounds = 200;
constexpr std::size_t payload_sizes[] = {1, 2, 125, 126, 1'000, 16'384, 65'536};

// Runs `look` on a worker with a filter that has been started; plugins of other kinds pass.
std::function<Finding(const Subject&)> on_filters(
    const std::function<Finding(const Subject&, host::Instance&)>& look) {
  return [look](const Subject& subject) {
    return for_each_instance(subject, [&](CheckHost& check_host, host::Instance& instance) {
      if (instance.spec().kind != host::Kind::filter) return pass("is no filter");
      if (const Status s = start(instance); !s) return start_failed(s.error());
      Finding found;
      if (const Status s = start_workers(check_host, instance); !s) found = fail(s.error().message);
      check_host.threads().run_on_each([&](runtime::Worker& w) {
        if (w.index() != 0 || found.verdict != Verdict::pass) return;
        try {
          found = look(subject, instance);
        } catch (const FilterFault& fault) {
          found = fail(fault.what());
        }
      });
      stop_workers(check_host, instance);
      instance.deactivate();
      return found;
    });
  };
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Beginnings of what filters speak, and what nobody speaks.
std::vector<std::pair<std::string, std::string>> hostile_streams(std::uint32_t seed) {
  std::mt19937 random(seed);
  using namespace std::string_literals;
  std::vector<std::pair<std::string, std::string>> all{
      {"zeroes", std::string(70'000, '\0')},
      {"bytes of 255", std::string(70'000, '\xff')},
      {"a line without an end", std::string(70'000, 'a')},
      {"a request of HTTP with a field without an end",
       "GET /mqtt HTTP/1.1\r\nHost: a\r\nX: " + std::string(70'000, 'x')},
      {"a request of HTTP that upgrades to nothing",
       "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n" + std::string(300, '\x81')},
      {"a response of HTTP",
       "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n" + std::string(300, '\x82')},
      {"a header of PROXY, version 1", "PROXY TCP4 1.2.3.4 5.6.7.8 99999999999999 -1\r\n"},
      {"a header of PROXY, version 2", "\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff"s + std::string(300, '\1')},
      {"a record of TLS", "\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03"s + std::string(20'000, '\7')},
      {"an alert of TLS", "\x15\x03\x03\x00\x02\x02\x28"s + std::string(300, '\7')}};
  for (int i = 0; i < 8; ++i)
    all.emplace_back("random bytes", random_bytes(random, std::size_t{1} << (2 * i)));
  return all;
}

// What became of a stream.
struct Ending {
  tenon_status status = TENON_OK;
  std::string up;
};

// Cut in another way, a stream goes on or ends alike. What goes up before an error depends on how much of the
// stream the filter had seen by then; none of it may be other bytes.
bool are_alike(const Ending& a, const Ending& b) {
  if ((a.status == TENON_OK) != (b.status == TENON_OK)) return false;
  if (a.status == TENON_OK) return a.up == b.up;
  return a.up.starts_with(b.up) || b.up.starts_with(a.up);
}

Ending after(host::Instance& instance, std::uint32_t role, const std::string& stream, std::size_t piece,
             std::size_t space, std::size_t room) {
  FilterLink link(instance, role);
  if (!link.is_open()) return {TENON_E_UNSUPPORTED, {}};
  link.narrow(space, room);
  link.receive(stream, piece);
  return {link.status(), link.up()};
}

Finding check_hostile(const Subject& subject, host::Instance& instance) {
  for (const std::uint32_t role : roles)
    for (const auto& [name, stream] : hostile_streams(subject.seed)) {
      set_scene("a link was given " + name);
      const Ending whole = after(instance, role, stream, SIZE_MAX, 4'096, SIZE_MAX);
      const std::size_t small = stream.size() > 5'000 ? 7 : 1;
      if (!are_alike(after(instance, role, stream, small, 4'096, SIZE_MAX), whole))
        return fail(name + " in pieces of " + std::to_string(small) +
                    " bytes end in another way than at once");
      if (!are_alike(after(instance, role, stream, 1'000, 3, 16), whole))
        return fail(name + " end in another way when little is taken above");
    }
  return pass();
}

// Two ends of one link, both through the filter.
class Pair {
 public:
  Pair(host::Instance& instance, std::uint32_t seed)
      : client(instance, TENON_ROLE_CLIENT), server(instance, TENON_ROLE_SERVER), random_(seed) {}

  // True: both are ready.
  bool shake_hands() {
    if (!client.is_open() || !server.is_open()) return false;
    for (int i = 0; i < handshake_rounds_max && !(client.is_ready() && server.is_ready()); ++i) pump();
    return client.is_ready() && server.is_ready();
  }
  // Moves what each has put to the other, cut anywhere.
  void pump() {
    server.receive(client.take_down(), 1 + random_() % 2'000);
    client.receive(server.take_down(), 1 + random_() % 2'000);
  }
  std::string bytes(std::size_t size) { return random_bytes(random_, size); }

  FilterLink client, server;

 private:
  std::mt19937 random_;
};

// Sends through one end; what is wrong with what comes up at the other.
std::string send_through(Pair& pair, FilterLink& from, FilterLink& to) {
  std::string expected = to.up();
  for (const std::size_t size : payload_sizes) {
    const std::string payload = pair.bytes(size);
    expected += payload;
    from.send(payload);
    pair.pump();
    if (to.up() != expected)
      return "of " + std::to_string(size) + " bytes that were sent, others came up, or not all" +
             (to.reason().empty() ? "" : ": " + to.reason());
  }
  return {};
}

Finding check_pair(const Subject& subject, host::Instance& instance) {
  for (const std::size_t room : {SIZE_MAX, std::size_t{100}}) {
    Pair pair(instance, subject.seed);
    pair.client.narrow(room == SIZE_MAX ? 4'096 : 33, room);
    pair.server.narrow(room == SIZE_MAX ? 4'096 : 33, room);
    if (!pair.shake_hands()) {
      const std::string reason = pair.client.reason() + pair.server.reason();
      return pass("its two roles do not come together" + (reason.empty() ? "" : ": " + reason));
    }
    std::string wrong = send_through(pair, pair.client, pair.server);
    if (wrong.empty()) wrong = send_through(pair, pair.server, pair.client);
    if (!wrong.empty()) return fail(wrong);
    pair.client.finish();
    pair.pump();
  }
  return pass("both roles");
}

Finding check_repeat(const Subject& subject, host::Instance& instance) {
  const auto streams = hostile_streams(subject.seed);
  return endure(repeat_rounds, [&]() -> Status {
    for (const std::uint32_t role : roles)
      for (std::size_t i = 5; i < 14; ++i) {
        FilterLink link(instance, role);
        if (link.is_open()) link.receive(streams[i].second, 500);
      }
    Pair pair(instance, subject.seed);
    (void)pair.shake_hands();
    return {};
  });
}

}  // namespace

std::vector<Check> filter_checks() {
  return {
      {"filter.hostile",
       "what nobody should send harms no filter, and ends in one way however it is cut and however little is "
       "taken "
       "above",
       "take lengths and ends from the bytes that are there; keep what is not whole until more comes",
       {"lifecycle.workers"},
       on_filters(check_hostile)},
      {"filter.pair",
       "what goes in at one end of a link comes out at the other, in both directions",
       "call rx_reserve for what has no room; when rx_commit says TENON_AGAIN, answer it, and go on there "
       "when called "
       "again",
       {"filter.hostile"},
       on_filters(check_pair)},
      {"filter.repeat",
       "links by the thousand, ended at any moment, leave nothing behind",
       "free in close all that belongs to the link",
       {"filter.hostile"},
       on_filters(check_repeat)},
  };
}

}  // namespace tenon::tools
