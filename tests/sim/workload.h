#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "sim/clients/ledger_client.h"
#include "sim/clients/meta_client.h"
#include "sim/clients/publisher.h"
#include "sim/clients/retain_client.h"
#include "sim/clients/roamers.h"
#include "sim/clients/route_client.h"
#include "sim/clients/session_client.h"
#include "sim/clients/visitor_client.h"
#include "sim/faults/fault.h"
#include "sim/network/sim_network.h"
#include "sim/node/sim_log_writer.h"
#include "store/replicas.h"

namespace tenon::sim {

// A mistake that is made on purpose, for the checkers to find.
enum class Mistake : std::uint8_t {
  none,
  skip_sync,            // the journal's syncs do nothing
  late_sync,            // they say "done" before it is
  early_answer,         // publishers are told "done" before anything is
  early_answer_retain,  // the same, of retained messages
  apply_twice,          // commands are applied twice
  glance,               // settings and retained messages are read at whoever thinks that it leads
  leader_only,          // subscriptions are acknowledged when the leader follows them
  early_expiry,         // sessions and retained messages expire three seconds early
  will_twice,           // wills are handed out again although they were published
  hasty_detector,       // nodes that are silent for a moment are taken for gone
  no_witnesses,         // nobody is asked for a node that is not heard
  no_second_dial,       // whoever was lost is not dialled again
  keeps_older,          // connections do not give way to newer ones at other nodes
  tells_no_missed,      // claims to client ids are not told again where a link comes up
  tells_no_links,       // nodes do not say whom they are linked to
  old_routes,           // a node that gets a link goes on with the routes that it had
  gives_way,            // who is alone gives way to a provisional range whatever that began with
  quorum_acks,          // answers wait for a majority where all live voters are meant
  late_copies,          // retained messages do not say by which connection they come
  late_routes,          // nor do subscriptions
  applied_apart,        // how far a state goes is written apart from it, later, and lost with a crash
};

// What a simulation does; one file of workloads/ each, whose keys are explained in README.md.
struct Workload {
  std::string name;
  std::uint32_t node_count = 3;
  std::uint32_t range_count = 2;
  std::uint32_t client_count = 6;
  std::uint32_t publishers_per_node = 1;
  std::int64_t run_ns = 60 * ns_per_s;
  // Clients of other stores, which are there if somebody uses them.
  std::uint32_t meta_client_count = 0;
  std::uint32_t retain_client_count = 0;
  std::uint32_t retain_range_count = 2;
  std::uint32_t route_client_count = 0;
  std::uint32_t route_range_count = 2;
  std::uint32_t visitor_count = 0;
  std::uint32_t ledger_count = 0;
  Roamers::Options roamers;  // where nodes run core/cluster
  MetaClient::Options meta;
  RetainClient::Options retain;
  RouteClient::Options routes;
  VisitorClient::Options visitors;
  LedgerClient::Options ledgers;
  Publisher::Options publisher;
  SessionClient::Options client;
  SimNetwork::Options network;
  bool has_mesh = false;  // nodes run core/cluster
  SimLogWriter::Options log_writer;
  std::string engine_options = "{}";
  std::string log_options = "{}";
  std::string replication_options = "{}";
  store::ReplicasOptions replicas;
  bool acks_by_all = false;  // answers wait for all live voters, in all stores
  FaultTable faults;
  bool has_fault(std::initializer_list<FaultKind> kinds) const;
  Mistake mistake = Mistake::none;

  // Throws std::runtime_error that names the file and what is wrong.
  static Workload read(const std::string& path);
};

}  // namespace tenon::sim
