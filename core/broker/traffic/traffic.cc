#include "broker/traffic/traffic.h"

#include <functional>
#include <utility>

namespace tenon::broker {

void Traffic::set(Orders orders) {
  const std::lock_guard lock(mutex_);
  orders_ = std::move(orders);
  count_anew();
  is_on_.store(!orders_.directives.all().empty(), std::memory_order_release);
}

void Traffic::set_nodes(const std::map<std::string, std::uint64_t>& clients, std::vector<Node> others) {
  const std::lock_guard lock(mutex_);
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
  for (const Directive& directive : orders_.directives.all()) {
    Shares& shares = shares_.emplace_back();
    shares.self = {directive.weight_of(orders_.groups), count_in(clients_, directive.tenants)};
    for (const Node& node : others_)
      shares.others.push_back(
          {directive.weight_of(node.groups), count_in(node.clients, directive.tenants), node.lets_in});
  }
}

std::optional<Traffic::Elsewhere> Traffic::elsewhere(const Guest& guest) {
  if (!is_on()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = orders_.directives.find(guest.tenant);
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
  Elsewhere elsewhere{orders_.directives.all()[*found].tenants, has_weight, {}};
  if (placement.to) {
    if (guest.can_be_told) ++shares.others[*placement.to].clients;
    const auto& addresses = others_[*placement.to].addresses.find(guest.listener)->second;
    elsewhere.server_reference = addresses[turn_++ % addresses.size()];
  }
  return elsewhere;
}

// A guest takes the place of another one now and then, who is then sent on once more.
bool Traffic::comes_back(const Guest& guest) {
  const std::hash<std::string_view> hash;
  const std::uint64_t mark = (hash(guest.client_id) ^ (hash(guest.tenant) * 31)) | 1;
  std::uint64_t& place = sent_on_[(mark >> 1) % sent_on_.size()];
  if (std::exchange(place, mark) != mark) return false;
  place = 0;
  return true;
}

Traffic::Orders Traffic::orders() const {
  const std::lock_guard lock(mutex_);
  return orders_;
}

}  // namespace tenon::broker
