#include "proxy_filter.h"

#include <algorithm>
#include <cstring>

namespace tenon::filter_proxy {

tenon_status ProxyConn::receive(std::span<const std::uint8_t> bytes, std::uint64_t* ret_taken) {
  if (is_over_) return link_.pass_up(bytes, ret_taken);
  const std::size_t before = head_bytes_;
  const std::size_t len = std::min(bytes.size(), head_.size() - before);
  std::memcpy(head_.data() + before, bytes.data(), len);
  head_bytes_ += len;
  const Header header = read_header({head_.data(), head_bytes_});
  if (header.status == Header::Status::wrong) {
    refused_.add();
    return link_.refuse(TENON_E_INVALID, header.why);
  }
  *ret_taken = len;
  if (header.status == Header::Status::incomplete) return TENON_OK;
  headers_.add();
  if (header.has_peer) link_.set_peer(header.peer);
  is_over_ = true;
  const std::size_t used = header.size_bytes - before;  // of `bytes`
  *ret_taken = used;
  if (const tenon_status status = link_.ready(); status != TENON_OK) return status;
  link_.step_aside();
  std::uint64_t passed = 0;
  const tenon_status status = link_.pass_up(bytes.subspan(used), &passed);
  *ret_taken = used + passed;
  return status;
}

tenon_status ProxyConn::send_v(std::span<const tenon_bytes> spans) {
  link_.put(spans);
  return TENON_OK;
}

void ProxyFilter::init() {
  headers_ = metrics().counter("headers_total", "Headers that were read.");
  refused_ =
      metrics().counter("refused_total", "Links that did not begin with a header, or with a wrong one.");
}

ProxyConn* ProxyFilter::open(std::uint32_t, std::uint32_t role, const sdk::FilterLink& link) {
  if (role != TENON_ROLE_SERVER)
    throw sdk::Failure(TENON_E_UNSUPPORTED, "the filter reads headers; it does not write them");
  return new ProxyConn(link, headers_, refused_);
}

}  // namespace tenon::filter_proxy
