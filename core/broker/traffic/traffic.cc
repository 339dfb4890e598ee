#include "broker/traffic/traffic.h"

#include <functional>
#include <utility>

namespace tenon::broker {

void Traffic::set(Orders orders) {
  const std::lock_guard lock(mutex_);
  orders_ = std::make_shared<const Orders>(std::move(orders));
  const bool is_on = !orders_->directives.all().empty();
  if (!is_on) {
    clients_.clear();
    others_.clear();
  }
  count_anew();
  is_on_.store(is_on, std::memory_order_release);
}

void Traffic::set_nodes(const std::map<std::string, std::uint64_t>& clients, std::vector<Node> others) {
  const std::lock_guard lock(mutex_);
  if (orders_->directives.all().empty()) return;
  clients_ = clients;
  others_ = std::move(others);
  count_anew();
}

void Traffic::count_anew() {
  const auto count_in = [](const std::map<std::string, std::uint64_t>& clients, const std::string& tenants) {
    const auto found = clients.find(tenants);
    return found == clients.end() ? 0 : found->second;
  };
  shares_.clear();
  for (const Directive& directive : orders_->directives.all()) {
    Shares& shares = shares_.emplace_back();
    shares.self = {directive.weight_of(orders_->groups), count_in(clients_, directive.tenants)};
    for (const Node& node : others_)
      shares.others.push_back({directive.weight_of(node.groups), count_in(node.clients, directive.tenants),
                               node.lets_in && !node.turned_away.contains(directive.tenants)});
  }
}

std::optional<Traffic::Elsewhere> Traffic::elsewhere(const Guest& guest) {
  if (!is_on()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = orders_->directives.find(guest.tenant);
  if (!found) return std::nullopt;
  Shares& shares = shares_[*found];
  for (std::size_t i = 0; i < others_.size(); ++i) {
    const auto addresses = others_[i].addresses.find(guest.listener);
    shares.others[i].has_address = addresses != others_[i].addresses.end() && !addresses->second.empty();
  }
  const Placement placement = place(shares.self, shares.others, guest.can_be_told);
  const bool has_weight = shares.self.weight > 0;
  if (placement.stays || (has_weight && comes_back(guest))) {
    ++shares.self.clients;
    return std::nullopt;
  }
  Elsewhere elsewhere{orders_->directives.all()[*found].tenants, has_weight, {}};
  if (placement.to) {
    if (guest.can_be_told) ++shares.others[*placement.to].clients;
    const auto& addresses = others_[*placement.to].addresses.find(guest.listener)->second;
    elsewhere.server_reference = addresses[turn_++ % addresses.size()];
  }
  return elsewhere;
}

// A guest may take the place of another one only when that one has had its time: otherwise many that come at
// once would drive out each other's marks, and be sent on again and again.
bool Traffic::comes_back(const Guest& guest) {
  const std::hash<std::string_view> hash;
  const std::uint64_t hashed = hash(guest.client_id) ^ (hash(guest.tenant) * 31);
  const auto mark = static_cast<std::uint32_t>(hashed >> 32) | 1;
  const auto now_s = static_cast<std::uint32_t>(guest.now_ns / ns_per_s);
  SentOn& place = sent_on_[hashed % sent_on_.size()];
  if (place.mark == mark) {
    place.mark = 0;
    return true;
  }
  if (place.mark != 0 && place.since_s + sent_on_s > now_s) return true;
  place = {mark, now_s};
  return false;
}

std::shared_ptr<const Traffic::Orders> Traffic::orders() const {
  const std::lock_guard lock(mutex_);
  return orders_;
}

}  // namespace tenon::broker
