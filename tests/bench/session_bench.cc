// Bytes of heap for a session that is away, with one filter, on a node that matches for it and holds it: by
// the parts that know something of it. Counts, which are the same on a busy machine.

#include <malloc.h>

#include <cstdio>
#include <string>

#include "broker/durable/node_routes.h"
#include "service/deadlines.h"
#include "service/inbox/inbox_key.h"

namespace tenon::broker {
namespace {

constexpr std::uint64_t session_count = 200'000;

std::size_t heap_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// "PREFIX0000123SUFFIX" of `bytes` in all.
std::string name_of(std::string_view prefix, std::uint64_t number, std::string_view suffix,
                    std::size_t bytes) {
  const std::string digits = std::to_string(number);
  std::string name(prefix);
  name.append(bytes - prefix.size() - suffix.size() - digits.size(), '0');
  return name.append(digits).append(suffix);
}

// As inboxes are numbered: by chance.
std::uint64_t inbox_number(std::uint64_t number) {
  return (number * 0x9E3779B97F4A7C15u) >> 2;
}

template <class Add>
double bytes_each(Add add) {
  const std::size_t before = heap_in_use();
  for (std::uint64_t i = 0; i < session_count; ++i) add(i);
  return static_cast<double>(heap_in_use() - before) / static_cast<double>(session_count);
}

void measure(std::size_t client_id_bytes, std::size_t filter_bytes) {
  const auto client_id = [&](std::uint64_t i) { return name_of("c", i, "", client_id_bytes); };
  const auto filter = [&](std::uint64_t i) { return name_of("d", i, "/cmd", filter_bytes); };

  Subscriptions alone(1);
  const double index =
      bytes_each([&](std::uint64_t i) { alone.put(filter(i), routing::key_of_inbox(inbox_number(i)), {}); });
  Subscriptions subscriptions(1);
  InboxDirectory inboxes;
  NodeRoutes routes(subscriptions, inboxes);
  const double all_of_route = bytes_each([&](std::uint64_t i) {
    service::dist::Route route;
    const std::string id = client_id(i);
    const std::string text = filter(i);
    route.tenant = "default";
    route.client_id = id;
    route.filter = text;
    route.number = inbox_number(i);
    routes.put(route);
  });
  service::Deadlines deadlines(1);
  const double deadline = bytes_each([&](std::uint64_t i) {
    deadlines.set(service::inbox::owner_prefix({"default", client_id(i)}), static_cast<UnixMs>(i));
  });
  std::printf("%9zu %7zu %7.0f %17.0f %9.0f %6.0f\n", client_id_bytes, filter_bytes, index,
              all_of_route - index, deadline, all_of_route + deadline);
}

}  // namespace
}  // namespace tenon::broker

int main() {
  std::printf("%9s %7s %7s %17s %9s %6s\n", "client id", "filter", "index", "inbox and routes", "deadline",
              "sum");
  tenon::broker::measure(12, 14);
  tenon::broker::measure(20, 22);
  return 0;
}
