// Fuzzes the PROXY headers of filter/proxy-protocol.
//
// What must hold: the header is found in any split as it is in one piece; only what follows it goes up; what
// was called incomplete stays below the limit; a refusal says why.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "header.h"
#include "proxy_filter.h"
#include "support/filter_rig.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon;
  using filter_proxy::Header;
  const Header whole = filter_proxy::read_header({data, size});
  if (whole.status == Header::Status::incomplete)
    TENON_BUG(size < filter_proxy::header_bytes_max, "an incomplete header is below the limit");
  if (whole.status == Header::Status::complete)
    TENON_BUG(whole.size_bytes <= size, "a header is where it is");
  const sdk::Metric none;
  test::FilterRig rig;
  filter_proxy::ProxyConn conn(rig.link(), none, none);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const tenon_status status = rig.feed(conn, input, 1);
  switch (whole.status) {
    case Header::Status::incomplete:
      TENON_BUG(status == TENON_OK && rig.ready_count == 0 && rig.up.empty(), "a split tells no more");
      break;
    case Header::Status::complete:
      TENON_BUG(status == TENON_OK && rig.ready_count == 1, "a split tells no less");
      TENON_BUG(rig.up == input.substr(whole.size_bytes), "what follows goes up");
      TENON_BUG((rig.peer.struct_size != 0) == whole.has_peer, "the peer is told");
      break;
    case Header::Status::wrong:
      TENON_BUG(status == TENON_E_INVALID && !rig.reason.empty() && rig.up.empty(), "a refusal says why");
      break;
  }
  return 0;
}
