#pragma once

#include <tenon/draft/filter.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <tenon/filter.hpp>

namespace tenon::test {

// The host's side of one link for tests of a filter: keeps what the filter does. One thread.
class FilterRig {
 public:
  sdk::FilterLink link() { return {&table(), reinterpret_cast<tenon_filter_link*>(this)}; }

  std::string up;    // what went up
  std::string down;  // what was put for the peer
  std::string reason;
  std::map<std::uint32_t, std::string> facts;
  tenon_peer_info peer{};
  int ready_count = 0;
  bool is_aside = false;
  std::size_t space_bytes = 4096;     // of each rx_reserve
  std::size_t room_bytes = SIZE_MAX;  // above: beyond it rx_commit says TENON_AGAIN

  // Feeds `bytes` to a Conn, `step` bytes at a time, and says with what the last call ended. What is not
  // taken is fed again after more room was made above.
  template <class Conn>
  tenon_status feed(Conn& conn, std::string_view bytes, std::size_t step = SIZE_MAX) {
    tenon_status status = TENON_OK;
    while (!bytes.empty() && (status == TENON_OK || status == TENON_AGAIN)) {
      std::string_view piece = bytes.substr(0, step);
      bytes.remove_prefix(piece.size());
      do {
        std::uint64_t taken = 0;
        status = conn.receive({reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()}, &taken);
        if (status == TENON_AGAIN) {
          piece.remove_prefix(taken);
          room_bytes += again_bytes;
          ++again_count;
        }
      } while (status == TENON_AGAIN);
    }
    return status;
  }
  template <class Conn>
  tenon_status send(Conn& conn, std::string_view bytes) {
    const tenon_bytes span{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    return conn.send_v({&span, 1});
  }
  std::size_t again_bytes = 16;
  int again_count = 0;

 private:
  static FilterRig& of(tenon_filter_link* link) { return *reinterpret_cast<FilterRig*>(link); }
  static std::string_view text(tenon_bytes b) { return {reinterpret_cast<const char*>(b.data), b.len}; }
  static const tenon_filter_host& table() {
    static const tenon_filter_host host{
        sizeof(tenon_filter_host),
        0,
        [](tenon_filter_link* l) -> tenon_status { return ++of(l).ready_count, TENON_OK; },
        [](tenon_filter_link* l) { of(l).is_aside = true; },
        [](tenon_filter_link* l) -> tenon_span {
          of(l).space_.resize(of(l).space_bytes);
          return {of(l).space_.data(), of(l).space_.size()};
        },
        [](tenon_filter_link* l, std::uint64_t len) -> tenon_status {
          FilterRig& rig = of(l);
          rig.up.append(reinterpret_cast<const char*>(rig.space_.data()), len);
          rig.space_ = {};
          return rig.up.size() > rig.room_bytes ? TENON_AGAIN : TENON_OK;
        },
        [](tenon_filter_link* l, const tenon_bytes* spans, std::uint32_t count) {
          for (std::uint32_t i = 0; i < count; ++i) of(l).down += text(spans[i]);
        },
        [](tenon_filter_link* l, std::uint32_t key, tenon_bytes value) { of(l).facts[key] += text(value); },
        [](tenon_filter_link* l, const tenon_peer_info* peer) { of(l).peer = *peer; },
        [](tenon_filter_link* l, tenon_bytes why) { of(l).reason = text(why); }};
    return host;
  }

  std::vector<std::uint8_t> space_;  // of exactly the size given, so that a sanitizer sees what goes beyond
};

}  // namespace tenon::test
