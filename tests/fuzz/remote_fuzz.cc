// What the broker of another node may send: each kind of body, read and applied. Whatever comes: no crash,
// and no route that is no filter.
#include <cstdint>
#include <string>

#include "broker/remote/peer_routes.h"
#include "broker/remote/remote_wire.h"

using namespace tenon;
using namespace tenon::broker;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    DeliveriesReader reader(body);
    while (reader.next()) {
    }
    return 0;
  }
  Subscriptions subscriptions(7);
  NodeSlots slots;
  MembersElsewhere members;
  PeerRoutes routes(subscriptions, slots, members);
  const kv::NodeId node{2};
  if (const auto message = read_remote<RoutesMessage>(body)) {
    routes.take(node, *message);
    // All that there is, so that changes are taken, too.
    RoutesMessage whole = *message;
    whole.is_whole = whole.is_first = whole.is_last = true;
    whole.sequence = 0;
    routes.take(node, whole);
    routes.take(node, *message);
  }
  routes.forget(node);
  if (subscriptions.size() != 0) __builtin_trap();
  return 0;
}
