/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/filter.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

#include <tenon/plugin.hpp>

TENON_SDK_BEGIN

// The host's side of one link that passes through a filter; see tenon_filter_host. Small; may be copied.
// Only within a call that the host makes for this link. [worker]
class FilterLink {
 public:
  FilterLink() = default;
  FilterLink(const tenon_filter_host* host, tenon_filter_link* link) : host_(host), link_(link) {}

  tenon_status ready() const { return host_->ready(link_); }
  void step_aside() const { host_->step_aside(link_); }
  std::span<std::uint8_t> rx_reserve() const { return span_of(host_->rx_reserve(link_)); }
  tenon_status rx_commit(std::uint64_t len) const { return host_->rx_commit(link_, len); }
  void put(std::span<const tenon_bytes> spans) const {
    host_->put(link_, spans.data(), static_cast<std::uint32_t>(spans.size()));
  }
  void put(std::span<const std::uint8_t> bytes) const {
    const tenon_bytes one{bytes.data(), bytes.size()};
    host_->put(link_, &one, 1);
  }
  void fact(std::uint32_t key, std::string_view value) const { host_->fact(link_, key, abi(value)); }
  void set_peer(const tenon_peer_info& peer) const { host_->set_peer(link_, &peer); }
  // Says why, and returns `status` for the caller to return.
  tenon_status refuse(tenon_status status, std::string_view reason) const {
    host_->explain(link_, abi(reason));
    return status;
  }
  // Copies bytes up. TENON_AGAIN as soon as no more is taken; *ret_taken says how many were.
  tenon_status pass_up(std::span<const std::uint8_t> bytes, std::uint64_t* ret_taken) const {
    std::size_t done = 0;
    tenon_status status = TENON_OK;
    while (done < bytes.size() && status == TENON_OK) {
      const std::span<std::uint8_t> space = rx_reserve();
      const std::size_t len = std::min(space.size(), bytes.size() - done);
      std::memcpy(space.data(), bytes.data() + done, len);
      done += len;
      status = rx_commit(len);
    }
    *ret_taken = done;
    return status;
  }

 private:
  const tenon_filter_host* host_ = nullptr;
  tenon_filter_link* link_ = nullptr;
};

// Base of a filter. Derived names its class Conn, the state of one link, has
//   static constexpr std::uint32_t place                                     TENON_PLACE_*
//   Conn* open(std::uint32_t worker, std::uint32_t role, const FilterLink&)  [worker] throws a Failure
// and Conn has
//   tenon_status receive(std::span<const std::uint8_t>, std::uint64_t* ret_taken)  [worker]
//   tenon_status send_v(std::span<const tenon_bytes>)                              [worker]
//   void finish()                                                                  [worker]
//   a destructor, which is `close`                                                 [worker]
template <class Derived>
class FilterPlugin : public Plugin<Derived> {
 public:
  static constexpr const char* kind_id = TENON_FILTER_ID;
  using Plugin<Derived>::Plugin;

  const void* table_for(std::string_view id) const {
    static constexpr tenon_filter table = make_table();
    return id == TENON_FILTER_ID ? &table : nullptr;
  }

 protected:
  ~FilterPlugin() = default;

 private:
  static auto* conn(tenon_filter_conn* raw) { return reinterpret_cast<typename Derived::Conn*>(raw); }

  static tenon_status open_fn(tenon_plugin* p, std::uint32_t worker, std::uint32_t role,
                              const tenon_filter_host* host, tenon_filter_link* link,
                              tenon_filter_conn** ret_conn) noexcept {
    return guarded(nullptr, [&] {
      auto* made = Plugin<Derived>::self(p).open(worker, role, FilterLink(host, link));
      *ret_conn = reinterpret_cast<tenon_filter_conn*>(made);
    });
  }
  static tenon_status receive_fn(tenon_filter_conn* raw, tenon_bytes bytes,
                                 std::uint64_t* ret_taken) noexcept {
    return guarded(nullptr, [&] {
      return conn(raw)->receive(std::span<const std::uint8_t>(bytes.data, bytes.len), ret_taken);
    });
  }
  static tenon_status send_fn(tenon_filter_conn* raw, const tenon_bytes* spans,
                              std::uint32_t count) noexcept {
    return guarded(nullptr, [&] { return conn(raw)->send_v(std::span<const tenon_bytes>(spans, count)); });
  }
  static void finish_fn(tenon_filter_conn* raw) noexcept {
    guarded_void([&] { conn(raw)->finish(); });
  }
  static void close_fn(tenon_filter_conn* raw) noexcept { delete conn(raw); }

  static constexpr tenon_filter make_table() {
    tenon_filter table{};
    table.struct_size = sizeof table;
    table.place = Derived::place;
    table.open = open_fn;
    table.receive = receive_fn;
    table.send_v = send_fn;
    table.finish = finish_fn;
    table.close = close_fn;
    return table;
  }
};

TENON_SDK_END
