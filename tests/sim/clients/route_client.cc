#include "sim/clients/route_client.h"

#include <algorithm>

#include "base/assert.h"
#include "service/dist/dist_key.h"
#include "service/dist/dist_ops.h"

namespace tenon::sim {

namespace dist = service::dist;

RouteClient::RouteClient(ClientWorld& clients, RouteChecker& checker,
                         const std::vector<kv::RangeRecord>& ranges, std::uint32_t number,
                         const Options& options)
    : clients_(clients),
      checker_(checker),
      ranges_(ranges),
      client_id_("subscriber-" + std::to_string(number)),
      number_(number + 1),
      options_(options),
      random_(clients.world.random_for("route client", number)),
      slots_(options.filters) {}

std::string RouteClient::filter_of(std::size_t slot) const {
  return "filter/" + std::to_string(slot) + "/" + std::to_string(slots_[slot].life) + "/#";
}

void RouteClient::work_later() {
  const std::int64_t mean_ns = ns_per_s / options_.per_second;
  clients_.world.events().after(draw_delay_ns(random_, 1, 3 * mean_ns), [this] { work(); });
}

void RouteClient::work() {
  if (clients_.is_closing) return;
  SimNode* node = clients_.any_node(random_);
  if (!node) return work_later();
  const std::size_t slot = random_.below(slots_.size());
  change(*node, slot, !slots_[slot].is_there || random_.percent(40));
}

void RouteClient::change(SimNode& node, std::size_t slot, bool adds) {
  const std::string filter = filter_of(slot);
  dist::Route route;
  route.filter = filter;
  route.client_id = client_id_;
  route.number = number_;
  const RouteChecker::Option option = adds ? ++last_option_ : 0;
  const std::string key = dist::key_of(route);
  const auto range = std::find_if(ranges_.begin(), ranges_.end(), [&](const kv::RangeRecord& one) {
    return key >= one.descriptor.begin && (one.descriptor.end.empty() || key < one.descriptor.end);
  });
  TENON_BUG(range != ranges_.end(), "the ranges of a store cover it");
  store::Request request;
  request.store = store::StoreId::dist;
  request.kind = store::Request::Kind::append;
  request.key = dist::filter_prefix({}, filter);
  request.text = command(filter, option);
  request.everywhere = !options_.waits_for_leader_only;
  checker_.on_asked(key, range->id);
  ask(clients_, node, std::move(request), options_.timeout_ns,
      [this, key, option, slot, contacts = checker_.contacts(node.place())](Ended ended, std::string_view) {
        work_later();
        if (ended == Ended::unknown)
          on_unknown(key, slot, option != 0);
        else
          on_done(key, slot, option, contacts);
      });
}

std::string RouteClient::command(const std::string& filter, RouteChecker::Option option) const {
  const dist::Add add{{}, filter, client_id_, number_, {{.subscription_id = option}}};
  const dist::Remove remove{{}, client_id_, number_, {filter}};
  dist::CommandBuilder command;
  if (options_.says_no_epoch)
    option != 0 ? command.add(add) : command.add(remove);
  else
    option != 0 ? command.add(dist::AddAt{add, epoch_}) : command.add(dist::RemoveAt{remove, epoch_});
  return command.take();
}

void RouteClient::on_unknown(const std::string& key, std::size_t slot, bool added) {
  checker_.on_unknown(key);
  ++epoch_;
  slots_[slot].is_there = false;
  slots_[slot].may_come_back = slots_[slot].may_come_back || added;
}

void RouteClient::on_done(const std::string& key, std::size_t slot, RouteChecker::Option option,
                          const std::vector<RouteChecker::Contact>& contacts) {
  Slot& one = slots_[slot];
  one.is_there = option != 0;
  if (one.is_there || !one.may_come_back) return checker_.on_acknowledged(key, option, contacts);
  checker_.on_unknown(key);
  one = {one.life + 1};
}

}  // namespace tenon::sim
