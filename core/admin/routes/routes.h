#pragma once

#include <span>

#include "admin/route.h"

// The routes of each subject; api.cc knows them all.

namespace tenon::admin {

std::span<const Route> watch_routes();    // for load balancers and monitoring, and the node itself
std::span<const Route> console_routes();  // pages for people
std::span<const Route> range_routes();    // ranges and orders to them
std::span<const Route> balance_routes();  // balancers
std::span<const Route> backup_routes();   // what a backup reads and a restore writes
std::span<const Route> ban_routes();      // who may not connect
std::span<const Route> config_routes();   // configuration, plugins and log of a node
std::span<const Route> report_routes();   // what was accepted in vain
std::span<const Route> trace_routes();    // packets of chosen clients
std::span<const Route> message_routes();  // messages and retained messages
std::span<const Route> node_routes();     // nodes: drained, removed
std::span<const Route> session_routes();  // sessions, their clients and subscriptions

}  // namespace tenon::admin
