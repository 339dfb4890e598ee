#include "rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "runtime/system_clock.h"

namespace tenon::transport_tcp::testing {
namespace {

tenon_bytes abi(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

const tenon_link_events* Rig::events() {
  static const tenon_link_events table{sizeof table, 0,           on_open,  rx_reserve,
                                       rx_commit,    on_writable, on_closed};
  return &table;
}

Rig::Rig(const Setup& setup) : host_(setup.worker_count), worker_contexts_(setup.worker_count) {
  host_.options = setup.options;
  last_error.struct_size = sizeof last_error;
  tenon_bootstrap boot{sizeof boot, TENON_BOOTSTRAP_MAGIC, TENON_ABI_LEVEL, 0, "test", "0"};
  const tenon_plugin_descriptor& descriptor = *tenon_module_v1(&boot)->plugins[0];
  EXPECT_EQ(descriptor.create(host_.abi(), &plugin_, &last_error), TENON_OK);
  EXPECT_EQ(plugin_->init(plugin_, &last_error), TENON_OK) << last_error.message;
  EXPECT_EQ(plugin_->activate(plugin_, &last_error), TENON_OK);
  transport_ = static_cast<const tenon_transport*>(plugin_->get_interface(plugin_, TENON_TRANSPORT_ID));
  per_worker_.resize(setup.worker_count, PerWorker{this, {}});
  for (std::uint32_t i = 0; i < setup.worker_count; ++i) {
    host_.group().worker(i).add_turn_hook(on_turn_end, &per_worker_[i]);
  }
  EXPECT_TRUE(host_.group().start().ok());
  host_.group().run_on_each([&](runtime::Worker& worker) {
    tenon_error error{};
    error.struct_size = sizeof error;
    EXPECT_EQ(plugin_->worker_start(plugin_, worker.index(), &worker_contexts_[worker.index()], &error),
              TENON_OK);
  });
  workers_started_ = true;
}

Rig::~Rig() {
  listener_close();
  stop_workers();
  host_.group().stop();
  if (plugin_->deactivate) plugin_->deactivate(plugin_);
  plugin_->destroy(plugin_);
}

void Rig::stop_workers() {
  if (!std::exchange(workers_started_, false)) return;
  accept_stop();
  host_.group().run_on_each([&](runtime::Worker& worker) {
    plugin_->worker_stop(plugin_, worker_contexts_[worker.index()]);
    for (TestLink* link : per_worker_[worker.index()].links) link->conn = nullptr;
  });
}

tenon_status Rig::listen(const std::string& address, std::uint32_t port) {
  const tenon_listen_request request{sizeof request, host_.group().worker_count(), abi(address), port, 0};
  const tenon_status status = transport_->listen(plugin_, &request, events(), this, &listener_, &last_error);
  if (status == TENON_OK) accept_start();
  return status;
}

void Rig::accept_start() {
  host_.group().run_on_each([&](runtime::Worker& worker) {
    tenon_error error{};
    error.struct_size = sizeof error;
    EXPECT_EQ(transport_->accept_start(listener_, worker.index(), &error), TENON_OK) << error.message;
  });
  accepting_ = true;
}

void Rig::accept_stop() {
  if (!std::exchange(accepting_, false)) return;
  host_.group().run_on_each(
      [&](runtime::Worker& worker) { transport_->accept_stop(listener_, worker.index()); });
}

void Rig::listener_close() {
  accept_stop();
  if (listener_) transport_->listener_close(std::exchange(listener_, nullptr));
}

tenon_status Rig::connect(const std::string& address, std::uint32_t port, std::int64_t patience_ns,
                          tenon_op op) {
  const tenon_connect_request request{sizeof request, port, abi(address),
                                      runtime::SystemClock::now_ns() + patience_ns};
  tenon_status status = TENON_OK;
  host_.on_worker(0, [&] { status = transport_->connect(plugin_, 0, &request, events(), this, op); });
  return status;
}

tenon_status Rig::ended(tenon_op op) {
  tenon_status status = TENON_E_INTERNAL;
  host_.wait_until([&] {
    const auto found = host_.ended_ops.find(op);
    if (found == host_.ended_ops.end()) return false;
    status = found->second;
    return true;
  });
  return status;
}

TestLink& Rig::link(std::size_t index) {
  TestLink* found = nullptr;
  host_.wait_until([&] {
    if (links_.size() > index) found = links_[index].get();
    return found != nullptr;
  });
  return *found;
}

std::size_t Rig::link_count() {
  std::size_t count = 0;
  host_.note([&] { count = links_.size(); });
  return count;
}

bool Rig::wait_for(TestLink& link, const std::function<bool(const TestLink&)>& condition) {
  return host_.wait_until([&] { return condition(link); });
}

void Rig::send(TestLink& link, const std::string& text) {
  host_.on_worker(link.worker, [&] { link.output += text; });
}

void Rig::close(TestLink& link, std::uint32_t flags) {
  host_.on_worker(link.worker, [&] {
    if (link.conn) transport_->close(std::exchange(link.conn, nullptr), flags);
  });
}

void Rig::set_reading(TestLink& link, bool on) {
  host_.on_worker(link.worker, [&] {
    if (link.conn) transport_->set_reading(link.conn, on ? 1 : 0);
  });
}

tenon_status Rig::on_open(void* user, std::uint32_t worker, tenon_conn* conn, const tenon_peer_info* peer,
                          void** ret_link) {
  Rig& rig = *static_cast<Rig*>(user);
  if (const tenon_status answer = rig.open_answer; answer != TENON_OK) return answer;
  auto made = std::make_unique<TestLink>();
  TestLink& link = *made;
  link.rig = &rig;
  link.worker = worker;
  link.conn = conn;
  link.peer = *peer;
  link.space.resize(4096);
  std::function<void(TestLink&)> behave;
  rig.host_.note([&] { behave = rig.on_new_link_; });
  if (behave) behave(link);
  EXPECT_EQ(rig.host_.group().current_worker(), worker);
  rig.per_worker_[worker].links.push_back(&link);
  *ret_link = &link;
  rig.host_.note([&] { rig.links_.push_back(std::move(made)); });
  return TENON_OK;
}

tenon_span Rig::rx_reserve(void* user) {
  auto& link = *static_cast<TestLink*>(user);
  EXPECT_FALSE(link.calling) << "called back from inside a call";
  link.rig->host_.note([&] { ++link.reserve_count; });
  return {link.space.data(), link.space.size()};
}

tenon_status Rig::rx_commit(void* user, std::uint64_t len) {
  auto& link = *static_cast<TestLink*>(user);
  if (len == 0) return TENON_OK;
  const std::string text(reinterpret_cast<const char*>(link.space.data()), len);
  if (link.echo) link.output += text;
  bool pause = false;
  link.rig->host_.note([&] {
    link.received += text;
    pause = link.received.size() >= link.pause_at_bytes;
  });
  if (pause) link.pause_at_bytes = SIZE_MAX;
  return pause ? TENON_AGAIN : TENON_OK;
}

void Rig::on_writable(void* user) {
  auto& link = *static_cast<TestLink*>(user);
  EXPECT_FALSE(link.calling) << "called back from inside a call";
  EXPECT_TRUE(link.blocked) << "on_writable without need";
  link.blocked = false;
  link.rig->host_.note([&] { ++link.writable_count; });
}

void Rig::on_closed(void* user, tenon_status why, std::int32_t native_errno) {
  auto& link = *static_cast<TestLink*>(user);
  EXPECT_FALSE(link.calling) << "called back from inside a call";
  EXPECT_NE(link.conn, nullptr) << "on_closed after close";
  link.conn = nullptr;
  link.rig->host_.note([&] {
    EXPECT_FALSE(link.closed) << "on_closed twice";
    link.closed = true;
    ++link.rig->closed_count;
    link.why = why;
    link.native_errno = native_errno;
  });
}

void Rig::on_turn_end(void* user) {
  auto& mine = *static_cast<PerWorker*>(user);
  for (TestLink* link : mine.links) mine.rig->flush(*link);
}

void Rig::flush(TestLink& link) {
  if (!link.conn || link.blocked) return;
  if (!link.output.empty()) {
    const tenon_bytes span = abi(link.output);
    std::uint64_t taken = 0;
    link.calling = true;
    transport_->send_v(link.conn, &span, 1, &taken);
    link.calling = false;
    link.blocked = taken < link.output.size();
    link.output.erase(0, taken);
  }
  if (link.output.empty() && link.close_when_sent) {
    transport_->close(std::exchange(link.conn, nullptr), TENON_CLOSE_FLUSH);
  }
}

}  // namespace tenon::transport_tcp::testing
