#include <utility>

#include "node/node_impl.h"

// Who serves whose clients: what this node says of itself, and what it knows of others.

namespace tenon::node {

namespace {

constexpr std::uint64_t seconds_per_question = 2;

}  // namespace

void Node::Impl::make_traffic_desk() {
  TrafficDesk::World world{
      durable_->meta(),
      random_,
      log_,
      kv::NodeId{durable_->node_id()},
      [this](broker::Traffic::Orders orders) {
        tables_->traffic.set(std::move(orders));
        traffic_turn_ = 0;
        look_at_traffic();
        serve();
      },
      [this](std::function<void(TrafficReports && reports)> done) { ask_traffic(std::move(done)); }};
  traffic_ = std::make_unique<TrafficDesk>(std::move(world), settings_.cluster.groups);
}

TrafficReport Node::Impl::traffic_report() const {
  TrafficReport report;
  report.lets_in = accepting_ && shown_phase_.load(std::memory_order_relaxed) == DrainWork::Phase::none;
  report.groups = tables_->traffic.orders().groups;
  report.addresses = addresses();
  report.rows = rows_of(tables_->traffic, tables_->tenants);
  return report;
}

void Node::Impl::ask_traffic(std::function<void(TrafficReports&& reports)> done) {
  workers_->post(0, make_task([this, done = std::move(done)] {
                   shards_.front()->enter();
                   tables_->remote.asks().ask_all(
                       write_traffic_question(), clock_.mono_ns(),
                       [done](broker::NodeAsks::Replies&& replies) { done(read_traffic_reports(replies)); });
                 }));
}

void Node::Impl::look_at_traffic() {
  if (!tables_->traffic.is_on() || stopping_) return;
  if (asks_traffic_ || traffic_turn_++ % seconds_per_question != 0) return;
  asks_traffic_ = true;
  ask_traffic([this](TrafficReports&& reports) {
    take_reports(reports, kv::NodeId{durable_->node_id()}, tables_->traffic);
    workers_->control().post(make_task([this] { asks_traffic_ = false; }));
  });
}

}  // namespace tenon::node
