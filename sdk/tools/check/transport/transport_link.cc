#include "transport/transport_link.h"

#include <algorithm>

#include "transport/transport_driver.h"

namespace tenon::tools {
namespace {

constexpr std::size_t space_bytes = 16'384;

thread_local const char* call_under_way = nullptr;

TransportLink& of(void* link) {
  return *static_cast<TransportLink*>(link);
}

// What holds for each call of a link.
void look_at_call(TransportLink& link, const char* call) {
  TransportDriver& driver = *link.driver;
  if (call_under_way) driver.keep_fault(std::string("calls ") + call + " from inside of " + call_under_way);
  if (driver.current_worker() != link.worker)
    driver.keep_fault(std::string("calls ") + call + " on another worker than the link's");
  if (link.is_closed_here) driver.keep_fault(std::string("calls ") + call + " after close()");
  if (link.has_ended) driver.keep_fault(std::string("calls ") + call + " after on_closed");
}

tenon_status on_open(void* user, std::uint32_t worker, tenon_conn* conn, const tenon_peer_info* peer,
                     void** ret_link) {
  auto& side = *static_cast<TransportDriver::Side*>(user);
  TransportDriver& driver = *side.driver;
  const std::lock_guard lock(driver.mutex());
  if (driver.current_worker() != worker) driver.keep_fault("opens a link on another worker than it says");
  driver.changed().notify_all();
  if (side.refuses) {
    ++side.refused_count;
    return TENON_E_BUSY;
  }
  TransportLink& link = driver.add_link();
  link.worker = worker;
  link.conn = conn;
  link.peer = *peer;
  link.is_incoming = side.is_incoming;
  *ret_link = &link;
  return TENON_OK;
}

tenon_span rx_reserve(void* user) {
  TransportLink& link = of(user);
  const std::lock_guard lock(link.driver->mutex());
  look_at_call(link, "rx_reserve");
  if (link.is_paused) link.driver->keep_fault("reads on after rx_commit has said TENON_AGAIN");
  if (link.is_reserved) link.driver->keep_fault("calls rx_reserve twice without rx_commit");
  link.is_reserved = true;
  link.space.assign(space_bytes, 0);
  return {link.space.data(), link.space.size()};
}

tenon_status rx_commit(void* user, std::uint64_t len) {
  TransportLink& link = of(user);
  const std::lock_guard lock(link.driver->mutex());
  look_at_call(link, "rx_commit");
  if (!link.is_reserved) link.driver->keep_fault("calls rx_commit without rx_reserve");
  if (len > link.space.size()) {
    link.driver->keep_fault("commits more than was reserved");
    len = link.space.size();
  }
  link.received.append(reinterpret_cast<const char*>(link.space.data()), static_cast<std::size_t>(len));
  std::vector<std::uint8_t>().swap(link.space);
  link.is_reserved = false;
  link.is_paused = link.received.size() >= link.pause_at_bytes;
  link.driver->changed().notify_all();
  return link.is_paused ? TENON_AGAIN : TENON_OK;
}

void on_writable(void* user) {
  TransportLink& link = of(user);
  const std::lock_guard lock(link.driver->mutex());
  look_at_call(link, "on_writable");
  if (++link.writable_count > link.short_count)
    link.driver->keep_fault("calls on_writable, though send_v took all, or had it called before");
  link.driver->changed().notify_all();
}

void on_closed(void* user, tenon_status why, std::int32_t) {
  TransportLink& link = of(user);
  const std::lock_guard lock(link.driver->mutex());
  look_at_call(link, "on_closed");
  link.has_ended = true;
  link.why = why;
  link.conn = nullptr;
  link.driver->changed().notify_all();
}

}  // namespace

const tenon_link_events& link_events() {
  static constexpr tenon_link_events table{
      sizeof(tenon_link_events), 0, on_open, rx_reserve, rx_commit, on_writable, on_closed};
  return table;
}

CallIntoTransport::CallIntoTransport(const char* call) {
  call_under_way = call;
}

CallIntoTransport::~CallIntoTransport() {
  call_under_way = nullptr;
}

}  // namespace tenon::tools
