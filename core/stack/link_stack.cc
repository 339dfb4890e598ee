#include "stack/link_stack.h"

#include <string>

#include "host/watch/breadcrumb.h"
#include "stack/stack_worker.h"
#include "stack/stacked_link.h"

namespace tenon::stack {

namespace {

StackedLink& link_of(void* link) {
  return *static_cast<StackedLink*>(link);
}
tenon_span rx_reserve(void* link) {
  const host::CoreScope scope;
  return link_of(link).rx_reserve();
}
tenon_status rx_commit(void* link, std::uint64_t len) {
  const host::CoreScope scope;
  return link_of(link).rx_commit(len);
}
void on_writable(void* link) {
  const host::CoreScope scope;
  link_of(link).on_writable();
}
void on_closed(void* link, tenon_status why, std::int32_t native_errno) {
  const host::CoreScope scope;
  link_of(link).on_closed(why, native_errno);
}

}  // namespace

const tenon_link_events& LinkStack::events() {
  static constexpr tenon_link_events table{sizeof(tenon_link_events), 0,
                                           &LinkStack::on_open,       &stack::rx_reserve,
                                           &stack::rx_commit,         &stack::on_writable,
                                           &stack::on_closed};
  return table;
}

LinkStack::LinkStack(host::Instance& transport, std::vector<host::Instance*> filters,
                     std::span<runtime::Worker* const> workers, std::int64_t handshake_timeout_ns,
                     LinkUser user, std::uint32_t role)
    : transport_(transport),
      filters_(std::move(filters)),
      user_(user),
      handshake_timeout_ns_(handshake_timeout_ns),
      role_(role) {
  for (runtime::Worker* worker : workers) workers_.push_back(std::make_unique<StackWorker>(*this, *worker));
}

LinkStack::~LinkStack() = default;

Status LinkStack::check_places(std::span<host::Instance* const> filters) {
  for (std::size_t i = 1; i < filters.size(); ++i) {
    if (filters[i]->filter().place > filters[i - 1]->filter().place) continue;
    return Error{Errc::invalid, "\"" + filters[i]->name() + "\" can't stand above \"" +
                                    filters[i - 1]->name() +
                                    "\"; from the network upwards: tcp, "
                                    "proxy-protocol, tls, websocket"};
  }
  return {};
}

void LinkStack::begin(std::uint32_t worker) {
  workers_[worker]->begin();
}

void LinkStack::end(std::uint32_t worker) {
  workers_[worker]->end();
}

std::size_t LinkStack::link_count(std::uint32_t worker) const {
  return workers_[worker]->link_count();
}

void LinkStack::make_room_in_handshakes(std::uint32_t worker, std::size_t count_max) {
  workers_[worker]->make_room_in_handshakes(count_max);
}

void LinkStack::abandon(std::uint32_t worker) {
  workers_[worker]->abandon_all();
}

tenon_status LinkStack::on_open(void* self, std::uint32_t worker, tenon_conn* conn,
                                const tenon_peer_info* peer, void** ret_link) {
  const host::CoreScope scope;
  auto* stack = static_cast<LinkStack*>(self);
  return stack->open(worker, conn, *peer, stack->user_.user, ret_link);
}

tenon_status LinkStack::open(std::uint32_t worker, tenon_conn* conn, const tenon_peer_info& peer, void* user,
                             void** ret_link) {
  return workers_[worker]->open(conn, peer, user, ret_link);
}

}  // namespace tenon::stack
