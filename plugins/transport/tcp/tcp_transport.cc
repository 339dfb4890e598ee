#include "tcp_transport.h"

#include <string>

namespace tenon::transport_tcp {

TcpTransport::TcpTransport(const tenon_host* host) : TransportPlugin(host) {}

void TcpTransport::init() {
  options_ = Options::read(config());
  counter_metrics_ = CounterMetrics(metrics());
  async_ = sdk::Async(host());
  clock_ = sdk::Clock(host());
  pool_ = sdk::Pool(host());
  reactor_ = sdk::Reactor(host());
  timer_ = sdk::Timer(host());
}

void TcpTransport::activate() {
  drain_.reopen();
}

Listener* TcpTransport::listen(const tenon_listen_request& request, const sdk::LinkEvents& events) {
  return new Listener(*this, request, events);
}

tenon_status TcpTransport::connect(std::uint32_t worker, const tenon_connect_request& request,
                                   const sdk::LinkEvents& events, tenon_op op) {
  return this->worker(worker).connect(request, events, op);
}

WorkerState& TcpTransport::worker(std::uint32_t index) {
  if (index < workers_max && workers_[index]) return *workers_[index];
  throw sdk::Failure(TENON_E_STATE, "worker " + std::to_string(index) + " was not started");
}

void TcpTransport::set_worker(std::uint32_t index, WorkerState* state) {
  if (index >= workers_max) {
    throw sdk::Failure(TENON_E_UNSUPPORTED, "at most " + std::to_string(workers_max) + " workers");
  }
  workers_[index] = state;
}

}  // namespace tenon::transport_tcp
