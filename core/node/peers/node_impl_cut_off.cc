#include <algorithm>

#include "broker/link/link_sweep.h"
#include "node/node_impl.h"

// A node that is cut off from those who decide about its clients' sessions.

namespace tenon::node {

namespace events = observe::events;

namespace {

constexpr std::uint64_t looks_per_question = 30;

}  // namespace

void Node::Impl::look_at_reach(const Durable::Led& led) {
  if (!peers_ || stopping_) return;
  const kv::NodeId self{durable_->node_id()};
  std::vector<Fence::Range> ranges;
  for (const auto& [id, range] : led.all)
    ranges.push_back({id, range.begin, range.end, durable_->reach().is_cut_off(self, range.members)});
  std::vector<broker::CutOff::Keys> given_up = fence_.step(ranges, clock_.mono_ns());
  const std::size_t count = given_up.size();
  const bool was_on = tables_->cut_off.is_on();
  if (count > 0 || was_on) tables_->cut_off.set(std::move(given_up), silent_addresses());
  if (count > 0)
    broker::end_cut_off_links(shards_);
  else
    remember_addresses();
  show_cut_off(count, ranges.size());
}

void Node::Impl::remember_addresses() {
  const std::set<kv::NodeId>& linked = durable_->reach().linked();
  const bool knows_all = std::all_of(linked.begin(), linked.end(),
                                     [this](kv::NodeId node) { return addresses_of_.contains(node); });
  const bool is_time = !knows_all || reach_turn_ % looks_per_question == 0;
  ++reach_turn_;
  if (settings_.cluster.cut_off_s == 0 || !is_time) return;
  nodes_->ask_all([this](NodeReports&& reports) {
    for (auto& [node, report] : reports.of) {
      if (report.lets_in)
        addresses_of_[node] = std::move(report.addresses);
      else
        addresses_of_.erase(node);
    }
  });
}

// Whoever is linked is cut off as well.
broker::Redirects::Addresses Node::Impl::silent_addresses() const {
  broker::Redirects::Addresses silent;
  for (const auto& [node, addresses] : addresses_of_)
    if (static_cast<std::uint64_t>(node) != durable_->node_id() && durable_->reach().is_silent(node))
      for (const auto& [listener, text] : addresses) silent[listener].push_back(text);
  return silent;
}

void Node::Impl::show_cut_off(std::size_t given_up, std::size_t all) {
  if (std::exchange(cut_off_ranges_, given_up) == given_up) return;
  if (given_up == 0) {
    health_.remove("cut_off");
    log_.write(events::node_cut_off_over, "all ranges of sessions are in reach again");
    return;
  }
  const std::string of = std::to_string(given_up) + " of " + std::to_string(all) + " ranges of sessions";
  health_.set("cut_off", given_up == all ? observe::HealthState::failed : observe::HealthState::degraded,
              "no majority of the voters is linked for " + of +
                  ", and others may serve them: their clients are sent away");
  log_.write(events::node_cut_off,
             "no majority is linked: clients that have a session or a will are sent away",
             {{"ranges", given_up}, {"of", all}});
}

}  // namespace tenon::node
