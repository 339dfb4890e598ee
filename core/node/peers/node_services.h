#pragma once

#include <cstdint>

#include "balance/view.h"
#include "config/settings.h"

namespace tenon::node {

// What a node takes of the stores, as bits (balance::bit_of).
struct NodeServices {
  std::uint32_t stores = balance::all_stores;  // replicas that vote
  std::uint32_t learns = balance::all_stores;  // where all nodes learn, it does, too

  bool takes(kv::StoreId store) const { return ((stores | learns) & balance::bit_of(store)) != 0; }
  // It matches messages by replicas of its own, so that it waits for them.
  bool needs_routes() const { return (learns & balance::bit_of(kv::StoreId::dist)) != 0; }

  friend bool operator==(const NodeServices&, const NodeServices&) = default;
};

// Who has clients, or sends the wills and posts of sessions, needs all routes and retained messages; nobody
// else learns.
NodeServices services_of(const config::ServicesSettings& settings);

}  // namespace tenon::node
