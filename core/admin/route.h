#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "admin/backup/backup_source.h"
#include "admin/balance/rule_source.h"
#include "admin/balance_source.h"
#include "admin/caller.h"
#include "admin/console/console_files.h"
#include "admin/http/handler.h"
#include "admin/message_source.h"
#include "admin/node_status.h"
#include "admin/nodes/node_source.h"
#include "admin/range_source.h"
#include "admin/session_source.h"
#include "admin/sources/audit_source.h"
#include "admin/sources/ban_source.h"
#include "admin/sources/config_source.h"
#include "admin/sources/report_source.h"
#include "admin/sources/trace_source.h"
#include "admin/sources/traffic_source.h"
#include "observe/health.h"
#include "observe/metrics/registry.h"

namespace tenon::admin {

// What a peer must be to use a route without a token; see PeerTrust.
enum class Access : std::uint8_t { open, loopback, owner };

// What one route is, also for the test that compares the routes with the OpenAPI document.
struct RouteInfo {
  std::string_view method;
  std::string_view path;  // a part in braces stands for one that is not empty: "/api/v1/orders/{order}"
  Access access = Access::owner;
  Role role = Role::viewer;        // that a caller needs; it counts with Access::owner only
  std::size_t body_bytes_max = 0;  // 0: what the connection allows
};

// Where the actions get their data and bring their orders. Everything outlives the API.
struct ApiParts {
  const StatusSource* status = nullptr;
  RangeSource* ranges = nullptr;
  const observe::MetricRegistry* metrics = nullptr;
  const observe::Health* health = nullptr;
  const BalanceSource* balance = nullptr;  // null: nothing is known of balancers
  RuleSource* rules = nullptr;             // null: as that
  SessionSource* sessions = nullptr;       // null: there are none
  MessageSource* messages = nullptr;       // null: it takes none
  const ConsoleFiles* console = nullptr;   // null: it is not installed
  NodeSource* nodes = nullptr;             // null: it knows of none
  BackupSource* backup = nullptr;          // null: there is nothing to back up
  BanSource* bans = nullptr;               // null: there are none
  ConfigSource* config = nullptr;          // null: nothing is known of it
  LogSource* log = nullptr;                // null: as that
  TraceSource* traces = nullptr;           // null: nothing is traced
  TrafficSource* traffic = nullptr;        // null: nothing is known of it
  ReportSource* reports = nullptr;         // null: nothing is known of them
  AuditSource* audit = nullptr;            // null: there is none
};

// One request that is let in.
struct Call {
  const HttpRequest& request;
  const Caller& caller;
  // What the route's braces stand for, decoded; the second ones, if it has such.
  std::string part;
  std::string second;
};

// An action: what it needs beyond its arguments, which live as long as the call, it copies.
using Serve = HttpAnswer (*)(const ApiParts& parts, const Call& call);

// Whether an action reads the query of its request. One that does not refuses what has one: what is said and
// not heard must not be acted without.
enum class Takes : std::uint8_t { no_query, query };

struct Route {
  RouteInfo info;
  Serve serve;
  Takes takes = Takes::no_query;
};

}  // namespace tenon::admin
