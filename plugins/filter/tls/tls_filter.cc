#include "tls_filter.h"

#include <string>

namespace tenon::filter_tls {

TlsFilter::Worker::Worker(TlsFilter& filter, std::uint32_t worker) : plugin(filter), index(worker) {
  if (worker >= workers_max)
    throw sdk::Failure(TENON_E_UNSUPPORTED, "at most " + std::to_string(workers_max) + " workers");
  plugin.workers_[index] = this;
}

TlsFilter::Worker::~Worker() {
  plugin.workers_[index] = nullptr;
}

void TlsFilter::init() {
  counters_.handshakes = metrics().counter("handshakes_total", "Handshakes that succeeded.");
  counters_.resumed =
      metrics().counter("handshakes_resumed_total", "Of these, those that resumed an earlier session.");
  counters_.failures = metrics().counter("handshake_failures_total", "Handshakes that failed.");
  certificate_end_ = metrics().gauge("certificate_end_time_seconds",
                                     "When the first of the server's certificates ends, since 1970.");
  publish(std::make_shared<TlsContext>(Options::read(config())));
}

tenon_status TlsFilter::reconfigure() {
  publish(std::make_shared<TlsContext>(Options::read(config())));
  return TENON_OK;
}

void TlsFilter::publish(std::shared_ptr<const TlsContext> context) {
  certificate_end_.set(context->certificate_end_unix_s());
  log().info("tls.certificate_loaded", "new links get this certificate",
             {{"file", context->options().certificate}});
  const std::lock_guard lock(mutex_);
  context_.swap(context);
}

std::shared_ptr<const TlsContext> TlsFilter::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

TlsConn* TlsFilter::open(std::uint32_t worker, std::uint32_t role, const sdk::FilterLink& link) {
  if (worker >= workers_max || !workers_[worker])
    throw sdk::Failure(TENON_E_STATE, "the worker was not started");
  auto conn = std::make_unique<TlsConn>(link, role, context(), workers_[worker]->buffers, counters_);
  if (role == TENON_ROLE_CLIENT) conn->begin();
  return conn.release();
}

}  // namespace tenon::filter_tls
