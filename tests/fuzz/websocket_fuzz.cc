// Fuzzes filter/websocket. The first byte of an input chooses how it is split and how much is taken above,
// and whether the upgrade is done already; the rest is what a client sends.
//
// What must hold: nothing is read beyond the input or written beyond the space, however it is split; any
// split leads to the same end, the same bytes above and the same answer; nothing goes up before the upgrade,
// and never more than came; a refusal says why.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "support/filter_rig.h"
#include "websocket_filter.h"

namespace tenon::filter_websocket {
namespace {

constexpr std::string_view upgrade =
    "GET /mqtt HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: mqtt\r\n\r\n";

struct Outcome {
  tenon_status status = TENON_OK;
  std::string up, down, reason;
  int ready_count = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome run(std::string_view input, std::size_t step, std::size_t space_bytes, std::size_t room_bytes) {
  Options options;
  options.head_bytes_max = 1024;
  options.limits = {4096, 8192};
  const Counters counters;
  test::FilterRig rig;
  rig.space_bytes = space_bytes;
  rig.room_bytes = room_bytes;
  WebSocketConn conn(rig.link(), options, counters);
  Outcome outcome;
  outcome.status = rig.feed(conn, input, step);
  outcome.up = std::move(rig.up);
  outcome.down = std::move(rig.down);
  outcome.reason = std::move(rig.reason);
  outcome.ready_count = rig.ready_count;
  return outcome;
}

}  // namespace
}  // namespace tenon::filter_websocket

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon::filter_websocket;
  if (size == 0) return 0;
  const std::uint8_t choice = data[0];
  std::string input((choice & 0x80) != 0 ? upgrade : std::string_view());
  input.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = run(input, SIZE_MAX, 4096, SIZE_MAX);
  const Outcome split = run(input, 1 + (choice & 0x0F), 1 + (choice >> 4 & 7) * 5, choice & 0x1F);
  TENON_BUG(whole == split, "any split leads to the same");
  TENON_BUG(whole.up.size() <= input.size(), "nothing is made up");
  TENON_BUG(whole.ready_count == 1 || whole.up.empty(), "nothing goes up before the upgrade");
  TENON_BUG(whole.status == TENON_OK || whole.status == TENON_E_CLOSED || !whole.reason.empty(),
            "a refusal says why");
  return 0;
}
