#pragma once

#include <tenon/draft/filter.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "host/instance.h"

namespace tenon::tools {

// A filter broke a rule; the text is the finding.
class FilterFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Bytes that end at a page which must not be read, and can't be read themselves once this is gone.
class GuardedBytes {
 public:
  explicit GuardedBytes(std::string_view bytes);
  ~GuardedBytes();
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  tenon_bytes view() const { return {begin_, len_}; }

 private:
  std::uint8_t* base_ = nullptr;
  std::size_t mapped_ = 0;
  const std::uint8_t* begin_ = nullptr;
  std::size_t len_ = 0;
};

// One link through one filter, and the host on its both sides. Throws a FilterFault at the first rule that
// the filter breaks. On the first worker.
class FilterLink {
 public:
  // Begins the link. When the filter refuses it, is_open() is false.
  FilterLink(host::Instance& instance, std::uint32_t role);
  ~FilterLink();
  FilterLink(const FilterLink&) = delete;
  FilterLink& operator=(const FilterLink&) = delete;

  bool is_open() const { return conn_ != nullptr; }
  bool is_ready() const { return is_ready_; }
  bool has_ended() const { return status_ != TENON_OK; }
  // How the link has ended; TENON_OK: it has not.
  tenon_status status() const { return status_; }
  const std::string& reason() const { return reason_; }

  // Bytes from below, in pieces of `piece` bytes. Nothing is done once the link has ended.
  void receive(std::string_view bytes, std::size_t piece = SIZE_MAX);
  // Bytes from above. REQUIRES: is_ready().
  void send(std::string_view bytes);
  void finish();
  // What was put for the peer since.
  std::string take_down();
  // What came up so far.
  const std::string& up() const { return up_; }
  // rx_reserve gives so much, and rx_commit says TENON_AGAIN each time when so many bytes have gone up.
  void narrow(std::size_t space, std::size_t room) { space_bytes_ = space, room_bytes_ = room; }

 private:
  static const tenon_filter_host& host_table();
  static FilterLink& of(tenon_filter_link* link);
  void need(bool holds, const char* fault);
  void keep_fault(const char* fault);
  void look_for_fault();
  void hand_over(std::string_view piece);
  tenon_span reserve();
  tenon_status commit(std::uint64_t len);

  host::Instance& instance_;
  const tenon_filter& table_;
  tenon_filter_conn* conn_ = nullptr;
  bool is_in_call_ = false;
  bool is_ready_ = false;
  bool is_aside_ = false;
  bool said_again_ = false;
  tenon_status status_ = TENON_OK;
  std::string reason_;
  std::string fault_;
  std::string up_, down_;
  std::vector<std::uint8_t> space_;
  bool is_reserved_ = false;
  std::size_t space_bytes_ = 4'096;
  std::size_t room_bytes_ = SIZE_MAX;
  std::size_t up_since_again_ = 0;
};

}  // namespace tenon::tools
