#include "transport/transport_driver.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "abi_text.h"
#include "base/task.h"

namespace tenon::tools {
namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::int64_t connect_time_ns = 5 * ns_per_s;

}  // namespace

std::function<Finding(const Subject&)> on_transports(LookAtTransport look) {
  return [look = std::move(look)](const Subject& subject) {
    return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
      if (std::string_view(d.kind_id) != TENON_TRANSPORT_ID) return pass("is no transport");
      try {
        return look(check_host, d, of_one(subject, d));
      } catch (const TransportFault& fault) {
        return fail(fault.what());
      }
    });
  };
}

// How a connection ended, kept until both the plugin and the driver are done with it.
class TransportDriver::ConnectOp final : public host::Operation {
 public:
  explicit ConnectOp(std::shared_ptr<std::promise<tenon_status>> ended) : ended_(std::move(ended)) {}
  void on_closed(tenon_status status, End) override { ended_->set_value(status); }

 private:
  std::shared_ptr<std::promise<tenon_status>> ended_;
};

TransportDriver::TransportDriver(CheckHost& check_host, const tenon_plugin_descriptor& descriptor,
                                 const Subject& subject)
    : check_host_(check_host) {
  auto made = check_host.make(descriptor, subject.file.path, subject.options_json);
  if (!made) throw TransportFault(made.error().message);
  instance_ = std::move(made).value();
  if (const Status s = start(*instance_); !s) throw TransportFault(s.error().message);
  if (const Status s = start_workers(check_host, *instance_); !s) {
    const std::lock_guard lock(mutex_);
    keep_fault(s.error().message);
  }
}

TransportDriver::~TransportDriver() {
  forget_links();
  while (!places_.empty()) close(Place(places_.front()));
  stop_workers(check_host_, *instance_);
  instance_->deactivate();
}

void TransportDriver::keep_fault(const std::string& fault) {
  if (fault_.empty()) fault_ = fault;
  changed_.notify_all();
}

TransportLink& TransportDriver::add_link() {
  links_.push_back(std::make_unique<TransportLink>());
  links_.back()->driver = this;
  return *links_.back();
}

void TransportDriver::look_for_fault() {
  const std::lock_guard lock(mutex_);
  if (!fault_.empty()) throw TransportFault(fault_);
}

void TransportDriver::on_worker(std::uint32_t worker, const std::function<void()>& fn) {
  std::promise<void> done;
  check_host_.threads().post(worker, make_task([&] {
                               {
                                 const host::PluginScope scope(instance_->tag());
                                 fn();
                               }
                               done.set_value();
                             }));
  done.get_future().wait();
}

std::optional<TransportDriver::Place> TransportDriver::listen(const std::string& address, std::uint32_t port,
                                                              tenon_status* ret_status,
                                                              std::string* ret_words) {
  tenon_listen_request request{};
  request.struct_size = sizeof request;
  request.worker_count = CheckHost::worker_count;
  request.address = abi(address);
  request.port = port;
  tenon_error error{};
  error.struct_size = sizeof error;
  tenon_listener* listener = nullptr;
  *ret_status = instance_->transport().listen(instance_->raw(), &request, &link_events(), &incoming_,
                                              &listener, &error);
  *ret_words = error.message;
  if (*ret_status != TENON_OK) return std::nullopt;
  const Place place = places_.emplace_back(Place{listener, instance_->transport().listener_port(listener)});
  for (std::uint32_t worker = 0; worker < CheckHost::worker_count; ++worker)
    on_worker(worker, [&] {
      tenon_error why{};
      why.struct_size = sizeof why;
      if (instance_->transport().accept_start(listener, worker, &why) == TENON_OK) return;
      const std::lock_guard lock(mutex_);
      keep_fault(std::string("accept_start fails: ") + why.message);
    });
  look_for_fault();
  return place;
}

std::optional<TransportDriver::Place> TransportDriver::listen_if_had(const std::string& address) {
  tenon_status status = TENON_OK;
  std::string words;
  const auto place = listen(address, 0, &status, &words);
  if (!place && status != TENON_E_UNSUPPORTED)
    throw TransportFault("does not listen on " + address + ": " + words);
  return place;
}

void TransportDriver::refuse_incoming(bool refuses) {
  const std::lock_guard lock(mutex_);
  incoming_.refuses = refuses;
}

int TransportDriver::refused_count() {
  const std::lock_guard lock(mutex_);
  return incoming_.refused_count;
}

void TransportDriver::close(const Place& place) {
  for (std::uint32_t worker = 0; worker < CheckHost::worker_count; ++worker)
    on_worker(worker, [&] { instance_->transport().accept_stop(place.listener, worker); });
  instance_->transport().listener_close(place.listener);
  std::erase_if(places_, [&](const Place& other) { return other.listener == place.listener; });
}

TransportLink* TransportDriver::connect(const std::string& address, std::uint32_t port,
                                        tenon_status* ret_status, std::int64_t time_ns) {
  const std::size_t links_before = [&] {
    const std::lock_guard lock(mutex_);
    return links_.size();
  }();
  auto ended = std::make_shared<std::promise<tenon_status>>();
  std::future<tenon_status> end = ended->get_future();
  on_worker(0, [&] {
    tenon_connect_request request{};
    request.struct_size = sizeof request;
    request.address = abi(address);
    request.port = port;
    request.deadline_mono_ns = instance_->services().clock->mono_ns() + time_ns;
    const tenon_op op = instance_->open_op(std::make_unique<ConnectOp>(ended));
    const tenon_status status =
        instance_->transport().connect(instance_->raw(), 0, &request, &link_events(), &outgoing_, op);
    if (status != TENON_PENDING && instance_->ops().close(op)) ended->set_value(status);
  });
  if (end.wait_for(patience) != std::future_status::ready) {
    look_for_fault();
    throw TransportFault("connecting to " + address + " does not end by its deadline");
  }
  *ret_status = end.get();
  look_for_fault();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = links_before; i < links_.size(); ++i)
    if (!links_[i]->is_incoming) {
      if (*ret_status != TENON_OK)
        throw TransportFault("a connection ends with " + std::to_string(*ret_status) +
                             " though its link is open");
      return links_[i].get();
    }
  if (*ret_status == TENON_OK)
    throw TransportFault("a connection to " + address + " ends with TENON_OK, and on_open was not called");
  return nullptr;
}

TransportLink& TransportDriver::connect(const std::string& address, std::uint32_t port) {
  tenon_status status = TENON_OK;
  if (TransportLink* const link = connect(address, port, &status, connect_time_ns)) return *link;
  throw TransportFault("does not connect to " + address + ": " + std::to_string(status));
}

TransportLink& TransportDriver::accept() {
  TransportLink* found = nullptr;
  wait_until(
      [&] {
        std::size_t seen = 0;
        for (const auto& link : links_)
          if (link->is_incoming && seen++ == accepted_count_) found = link.get();
        return found != nullptr;
      },
      "a connection does not come in at the listener");
  ++accepted_count_;
  return *found;
}

std::size_t TransportDriver::send_some(TransportLink& link, std::string_view bytes) {
  std::uint64_t taken = 0;
  on_worker(link.worker, [&] {
    if (!link.conn) return;
    // Two spans, as the host has them.
    const std::string_view first = bytes.substr(0, bytes.size() / 3), second = bytes.substr(first.size());
    const tenon_bytes spans[] = {abi(first), abi(second)};
    {
      const CallIntoTransport call("send_v");
      instance_->transport().send_v(link.conn, spans, 2, &taken);
    }
    const std::lock_guard lock(mutex_);
    if (taken < bytes.size()) ++link.short_count;
    if (taken > bytes.size()) keep_fault("send_v takes more than it was given");
  });
  look_for_fault();
  return static_cast<std::size_t>(taken);
}

void TransportDriver::send(TransportLink& link, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t taken = send_some(link, bytes);
    bytes.remove_prefix(taken);
    if (bytes.empty()) return;
    wait_until([&] { return link.has_ended || link.writable_count == link.short_count; },
               "on_writable does not follow, after send_v took less than it was given");
    const std::lock_guard lock(mutex_);
    if (link.has_ended) throw TransportFault("a link ends while it is sent to");
  }
}

void TransportDriver::resume(TransportLink& link) {
  on_worker(link.worker, [&] {
    {
      const std::lock_guard lock(mutex_);
      link.pause_at_bytes = SIZE_MAX;
      link.is_paused = false;
    }
    const CallIntoTransport call("set_reading");
    if (link.conn) instance_->transport().set_reading(link.conn, 1);
  });
  look_for_fault();
}

void TransportDriver::close(TransportLink& link, bool flush) {
  on_worker(link.worker, [&] {
    tenon_conn* const conn = std::exchange(link.conn, nullptr);
    if (!conn) return;
    {
      const CallIntoTransport call("close");
      instance_->transport().close(conn, flush ? TENON_CLOSE_FLUSH : 0);
    }
    const std::lock_guard lock(mutex_);
    link.is_closed_here = true;
  });
}

void TransportDriver::wait_until(const std::function<bool()>& holds, const std::string& otherwise) {
  std::unique_lock lock(mutex_);
  const bool came = changed_.wait_for(lock, patience, [&] { return !fault_.empty() || holds(); });
  if (!fault_.empty()) throw TransportFault(fault_);
  if (!came) throw TransportFault(otherwise);
}

void TransportDriver::expect(TransportLink& link, const std::string& bytes, const std::string& what) {
  wait_until([&] { return link.received.size() >= bytes.size() || link.has_ended; },
             what + ": not all bytes that were sent arrive");
  const std::lock_guard lock(mutex_);
  if (link.received.size() < bytes.size())
    throw TransportFault(what + ": the link ends before the last byte");
  if (link.received != bytes) throw TransportFault(what + ": other bytes arrive than were sent");
}

tenon_status TransportDriver::wait_for_end(TransportLink& link, const std::string& what) {
  wait_until([&] { return link.has_ended; }, what + ": on_closed is not called");
  const std::lock_guard lock(mutex_);
  return link.why;
}

void TransportDriver::forget_links() {
  for (std::size_t i = 0;; ++i) {
    TransportLink* link = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (i >= links_.size()) break;
      link = links_[i].get();
    }
    close(*link, false);
  }
  // What a worker was doing meanwhile has ended.
  check_host_.threads().run_on_each([](runtime::Worker&) {});
  const std::lock_guard lock(mutex_);
  links_.clear();
  accepted_count_ = 0;
}

}  // namespace tenon::tools
