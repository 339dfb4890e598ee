#include "worker_state.h"

#include <utility>

#include "tcp_transport.h"

namespace tenon::transport_tcp {

WorkerState::WorkerState(TcpTransport& transport, std::uint32_t index)
    : transport_(transport), index_(index), counters_(transport.counter_metrics(), transport.timer()) {
  transport_.set_worker(index_, this);
}

WorkerState::~WorkerState() {
  while (!connectors_.empty()) end_connect(*connectors_.begin()->second, TENON_E_CANCELLED);
  while (!farewells_.empty()) end_farewell(*farewells_.begin()->first);
  conns_.abandon_all();
  transport_.set_worker(index_, nullptr);
}

const sdk::Reactor& WorkerState::reactor() const {
  return transport_.reactor();
}
const sdk::Timer& WorkerState::timer() const {
  return transport_.timer();
}

tenon_status WorkerState::open_link(int fd, const SharedEvents& events, const tenon_peer_info& peer) {
  SocketFd owned(fd);
  Conn& conn = conns_.take();
  return conn.open(*this, owned.release(), events, peer);
}

void WorkerState::linger(SocketFd socket) noexcept {
  // Without memory for a farewell the socket is closed at once.
  sdk::guarded_void([&] {
    auto farewell = std::make_unique<Farewell>(*this, std::move(socket));
    if (!farewell->begin()) return;
    Farewell* const key = farewell.get();
    farewells_.emplace(key, std::move(farewell));
    transport_.drain().begin();
  });
}

void WorkerState::end_farewell(Farewell& farewell) {
  farewells_.erase(&farewell);
  transport_.drain().end();
}

tenon_status WorkerState::connect(const tenon_connect_request& request, const sdk::LinkEvents& events,
                                  tenon_op op) {
  if (!transport_.drain().begin_unless_closing()) return TENON_E_STATE;
  const std::uint64_t attempt = ++last_attempt_;
  auto& connector = connectors_[attempt];
  connector = std::make_unique<Connector>(*this, attempt, SharedEvents(events), op, request.deadline_mono_ns);
  const tenon_status status =
      sdk::guarded(nullptr, [&] { return connector->begin(sdk::text_of(request.address), request.port); });
  if (status == TENON_PENDING) return status;
  connectors_.erase(attempt);
  counters_.add(Count::connect_errors);
  transport_.drain().end();
  return status;
}

void WorkerState::end_connect(Connector& connector, tenon_status status) {
  counters_.add(status == TENON_OK ? Count::connects : Count::connect_errors);
  const tenon_op op = connector.op();
  connectors_.erase(connector.attempt());
  transport_.async().complete(op, status);
  transport_.drain().end();
}

tenon_status WorkerState::resolve(std::uint64_t attempt, std::string_view name, std::uint16_t port) {
  if (!resolver_) {
    resolver_ = std::make_unique<Resolver>(transport_.reactor(), transport_.pool(),
                                           [this](std::uint64_t asker, std::vector<Address> addresses) {
                                             on_resolved(asker, std::move(addresses));
                                           });
  }
  return resolver_->resolve(attempt, std::string(name), port);
}

void WorkerState::on_resolved(std::uint64_t attempt, std::vector<Address> addresses) {
  const auto found = connectors_.find(attempt);
  if (found != connectors_.end()) found->second->on_resolved(std::move(addresses));
}

}  // namespace tenon::transport_tcp
