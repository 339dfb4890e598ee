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

std::string Node::Impl::traffic_answer() {
  const TrafficAnswer::Basis basis{tables_->traffic.orders(), lets_in()};
  return traffic_answer_.text(basis, clock_.mono_ns(), [&] { return traffic_report(basis.lets_in); });
}

TrafficReport Node::Impl::traffic_report(bool lets_in) const {
  TrafficReport report;
  report.lets_in = lets_in;
  report.groups = tables_->traffic.orders()->groups;
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
    const kv::NodeId self{durable_->node_id()};
    TrafficReports known = traffic_memory_.complete(std::move(reports), clock_.mono_ns());
    // Those count, too, that have come since the answer was written.
    if (const auto own = known.of.find(self); own != known.of.end())
      own->second.rows = rows_of(tables_->traffic, tables_->tenants);
    take_reports(known, self, tables_->traffic);
    workers_->control().post(make_task([this] { asks_traffic_ = false; }));
  });
}

}  // namespace tenon::node
