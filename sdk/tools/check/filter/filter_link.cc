#include "filter/filter_link.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace tenon::tools {
namespace {

constexpr int calls_without_progress_max = 100;

}  // namespace

GuardedBytes::GuardedBytes(std::string_view bytes) : len_(bytes.size()) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t usable = (bytes.size() + page - 1) / page * page;
  mapped_ = usable + page;
  void* const made = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED) throw std::bad_alloc();
  base_ = static_cast<std::uint8_t*>(made);
  std::uint8_t* const begin = base_ + usable - bytes.size();
  if (!bytes.empty()) std::memcpy(begin, bytes.data(), bytes.size());
  begin_ = begin;
  ::mprotect(base_ + usable, page, PROT_NONE);
}

GuardedBytes::~GuardedBytes() {
  ::munmap(base_, mapped_);
}

FilterLink& FilterLink::of(tenon_filter_link* link) {
  return *reinterpret_cast<FilterLink*>(link);
}

// A plugin may be C: nothing is thrown through it.
void FilterLink::keep_fault(const char* fault) {
  if (fault_.empty()) fault_ = fault;
}

void FilterLink::need(bool holds, const char* fault) {
  if (!holds) keep_fault(fault);
  if (!is_in_call_) keep_fault("calls the host outside of a call of its own table");
}

void FilterLink::look_for_fault() {
  if (!fault_.empty()) throw FilterFault(fault_);
}

const tenon_filter_host& FilterLink::host_table() {
  static const tenon_filter_host table{
      sizeof(tenon_filter_host),
      0,
      [](tenon_filter_link* l) -> tenon_status {
        of(l).need(!of(l).is_ready_, "calls ready twice");
        of(l).is_ready_ = true;
        return TENON_OK;
      },
      [](tenon_filter_link* l) {
        of(l).need(of(l).is_ready_, "calls step_aside before ready");
        of(l).is_aside_ = true;
      },
      [](tenon_filter_link* l) -> tenon_span { return of(l).reserve(); },
      [](tenon_filter_link* l, std::uint64_t len) -> tenon_status { return of(l).commit(len); },
      [](tenon_filter_link* l, const tenon_bytes* spans, std::uint32_t count) {
        of(l).need(true, "");
        for (std::uint32_t i = 0; i < count; ++i)
          of(l).down_.append(reinterpret_cast<const char*>(spans[i].data),
                             static_cast<std::size_t>(spans[i].len));
      },
      [](tenon_filter_link* l, std::uint32_t, tenon_bytes) { of(l).need(true, ""); },
      [](tenon_filter_link* l, const tenon_peer_info*) {
        of(l).need(!of(l).is_ready_, "calls set_peer after ready");
      },
      [](tenon_filter_link* l, tenon_bytes why) {
        of(l).need(true, "");
        of(l).reason_.assign(reinterpret_cast<const char*>(why.data), static_cast<std::size_t>(why.len));
      }};
  return table;
}

tenon_span FilterLink::reserve() {
  need(is_ready_, "calls rx_reserve before ready");
  is_reserved_ = true;
  space_.assign(space_bytes_, 0);
  return {space_.data(), space_.size()};
}

tenon_status FilterLink::commit(std::uint64_t len) {
  need(is_reserved_, "calls rx_commit without rx_reserve");
  if (len > space_.size()) {
    keep_fault("commits more than was reserved");
    return TENON_E_INTERNAL;
  }
  is_reserved_ = false;
  up_.append(reinterpret_cast<const char*>(space_.data()), static_cast<std::size_t>(len));
  std::vector<std::uint8_t>().swap(space_);
  up_since_again_ += static_cast<std::size_t>(len);
  said_again_ = up_since_again_ > room_bytes_;
  if (said_again_) up_since_again_ = 0;
  return said_again_ ? TENON_AGAIN : TENON_OK;
}

FilterLink::FilterLink(host::Instance& instance, std::uint32_t role)
    : instance_(instance), table_(instance.filter()) {
  is_in_call_ = true;
  const tenon_status status = table_.open(instance_.raw(), 0, role, &host_table(),
                                          reinterpret_cast<tenon_filter_link*>(this), &conn_);
  is_in_call_ = false;
  if (status != TENON_OK) conn_ = nullptr;
  if (status == TENON_OK && !conn_) throw FilterFault("open answers TENON_OK and gives no link");
  look_for_fault();
}

FilterLink::~FilterLink() {
  if (conn_) table_.close(conn_);
}

void FilterLink::hand_over(std::string_view piece) {
  for (int idle = 0; status_ == TENON_OK;) {
    const GuardedBytes bytes(piece);
    std::uint64_t taken = 0;
    said_again_ = false;
    is_in_call_ = true;
    const tenon_status status = table_.receive(conn_, bytes.view(), &taken);
    is_in_call_ = false;
    look_for_fault();
    if (status < 0) {
      status_ = status;
      return;
    }
    if (taken > piece.size()) throw FilterFault("receive takes more than there is");
    if (status == TENON_OK && taken == piece.size()) return;
    if (status == TENON_OK) throw FilterFault("receive answers TENON_OK, and has not taken all");
    if (status != TENON_AGAIN) throw FilterFault("receive answers " + std::to_string(status));
    if (!said_again_) throw FilterFault("receive answers TENON_AGAIN, which rx_commit has not said");
    idle = taken == 0 ? idle + 1 : 0;
    piece.remove_prefix(static_cast<std::size_t>(taken));
    if (is_aside_) {  // what is left passes it by
      up_ += piece;
      return;
    }
    if (idle > calls_without_progress_max) throw FilterFault("receive answers TENON_AGAIN for ever");
  }
}

void FilterLink::receive(std::string_view bytes, std::size_t piece) {
  while (!bytes.empty() && status_ == TENON_OK) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    if (is_aside_)
      up_ += part;
    else
      hand_over(part);
  }
}

void FilterLink::send(std::string_view bytes) {
  if (status_ != TENON_OK) return;
  if (is_aside_) {
    down_ += bytes;
    return;
  }
  const GuardedBytes first(bytes.substr(0, bytes.size() / 2)), second(bytes.substr(bytes.size() / 2));
  const tenon_bytes spans[] = {first.view(), second.view()};
  is_in_call_ = true;
  status_ = table_.send_v(conn_, spans, 2);
  is_in_call_ = false;
  look_for_fault();
}

void FilterLink::finish() {
  if (status_ != TENON_OK || is_aside_) return;
  is_in_call_ = true;
  table_.finish(conn_);
  is_in_call_ = false;
  look_for_fault();
}

std::string FilterLink::take_down() {
  return std::exchange(down_, {});
}

}  // namespace tenon::tools
