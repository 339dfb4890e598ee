#include "node/peers/node_services.h"

namespace tenon::node {

NodeServices services_of(const config::ServicesSettings& settings) {
  using kv::StoreId;
  const auto bit = [](bool is_on, StoreId store) { return is_on ? balance::bit_of(store) : 0u; };
  NodeServices services;
  services.stores = bit(settings.dist_worker, StoreId::dist) | bit(settings.inbox_store, StoreId::inbox) |
                    bit(settings.retain_store, StoreId::retain) | bit(settings.meta_store, StoreId::meta);
  const bool routes = settings.mqtt || settings.inbox_store;
  services.learns = routes ? balance::all_stores : 0;
  return services;
}

}  // namespace tenon::node
