#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "admin/api.h"
#include "admin/balance_source.h"
#include "admin/http/handler.h"
#include "admin/message_source.h"
#include "admin/node_status.h"
#include "admin/range_source.h"
#include "admin/session_source.h"
#include "base/disk.h"
#include "base/random.h"

namespace tenon::admin {

// A status with something in each place.
inline NodeStatus sample_status() {
  NodeStatus status;
  status.version = "0.1.0";
  status.node_id = "n1";
  status.pid = 42;
  status.uptime_s = 7384;
  status.workers = 2;
  status.listeners = {{"default", "tcp", "127.0.0.1", 1883, 3},
                      {"local", "tcp", "unix:/run/tenon/mqtt.sock", 0, 1}};
  status.plugins = {{"tcp", "transport", "0.1.0", 1, "active", "ok", "", {{"calls", 12}}},
                    {"users", "auth", "0.1.0", 1, "active", "degraded", "the password file is old", {}}};
  status.connections = 4;
  status.sessions = 5;
  status.subscriptions = 6;
  status.retained_messages = 7;
  status.messages_received = 100;
  status.messages_sent = 200;
  status.messages_dropped = 1;
  return status;
}

struct FakeStatus final : StatusSource {
  NodeStatus node_status() const override { return status; }
  NodeStatus status = sample_status();
};

// One balancer that has planned, with a decision of each kind.
struct FakeBalance final : BalanceSource {
  FakeBalance() {
    told.is_planner = true;
    told.now_ms = 5000;
    balance::BalancerExplanation& balancer = told.balancers.emplace_back();
    balancer.store = kv::StoreId::inbox;
    balancer.name = "replica-cnt";
    balancer.has_planned = true;
    balancer.planned_ms = 4000;
    balancer.inputs = {3, 1, 4, 0, 0};
    balancer.reason = "4 ranges: 1 to be made whole";
    balancer.counts.done = 7;
    balancer.counts.refused[static_cast<std::size_t>(balance::Refusal::flip_flop)] = 2;
    balance::Command command;
    command.range = 7;
    command.epoch = {1, 2};
    command.what = balance::Transfer{kv::NodeId{0xa2}};
    command.reason = "a1 leads 3";
    using State = balance::Decision::State;
    balancer.decisions = {{command, State::given, 9, "", {}},
                          {command, State::held, 0, "cooldown", {}},
                          {command, State::refused, 0, "to and fro", balance::Refusal::flip_flop}};
    balancer.decision_count = 5;
    told.given.push_back({9, kv::StoreId::inbox, "replica-cnt", command, 4000, "done", "it leads"});
    seen.emplace();
    seen->now_ms = 4000;
    seen->wishes[kv::StoreId::inbox] = {3, -1, 4};
    balance::ViewNode& node = seen->nodes.emplace_back();
    node.id = kv::NodeId{0xa1};
    node.is_alive = true;
    node.zone = "east";
    node.cores = 4;
    node.stores = balance::bit_of(kv::StoreId::inbox);
    node.evidence = balance::Evidence::marked;
    node.attributes = {{"disk", "nvme"}};
    balance::ViewRange& range = seen->ranges.emplace_back();
    range.id = 7;
    range.what.store = kv::StoreId::inbox;
    range.what.begin = std::string("\0m%", 3);
    range.what.epoch = {1, 2};
    range.what.members.voters = {kv::NodeId{0xa1}};
    range.leader = kv::NodeId{0xa1};
    range.leader_since_ms = 12;
    range.is_provisional = true;
    range.size_bytes = 99;
    range.commands_per_s = 5;
    range.load_key = "m";
    range.replicas = {{kv::NodeId{0xa1}, true, false, 3, 90, 0}};
  }
  balance::Explanation explanation() const override { return told; }
  std::string planner() const override { return "00000000000000a1"; }
  std::optional<balance::View> view() const override { return seen; }
  balance::Explanation told;
  std::optional<balance::View> seen;
};

// Two ranges, and what was ordered.
struct FakeRanges final : RangeSource {
  FakeRanges() {
    RangeStatus first;
    first.id = 12884901888;
    first.incarnation = 1;
    first.store = "inbox";
    first.end = std::string("\0m%", 3);
    first.boundary_epoch = 1;
    first.leader = "00000000000000a1";
    first.voters = {"00000000000000a1", "00000000000000a2"};
    first.replica.emplace();
    first.replica->role = "leader";
    first.replica->applied = 90;
    first.replica->lags = {{"00000000000000a1", 0}, {"00000000000000a2", 7}};
    RangeStatus second = first;
    second.id = 0xffffffffffffffff;
    second.begin = first.end;
    second.end.clear();
    second.replica.reset();
    second.leader.clear();
    list = {first, second};
  }

  std::vector<RangeStatus> ranges() const override { return list; }
  Result<OrderStatus> give(const RangeOrder& order) override {
    if (failure) return *failure;
    given.push_back(order);
    return OrderStatus{1, order.range, "transfer to " + order.node, order.reason, "running", ""};
  }
  std::optional<OrderStatus> order(std::uint64_t id) const override {
    if (id != 1) return std::nullopt;
    return OrderStatus{1, 12884901888, "transfer to x", "", end, end == "running" ? "" : "because"};
  }
  void read_digest(std::uint64_t range, std::function<void(Result<RangeDigest>&& digest)> done) override {
    if (failure) return done(*failure);
    done(RangeDigest{range, 1, 90, 0xabc});
  }

  std::vector<RangeStatus> list;
  std::vector<RangeOrder> given;
  std::optional<Error> failure;
  std::string end = "done";
};

// One rule, and what was to become of it.
struct FakeRules final : RuleSource {
  FakeRules() {
    BalancerRule rule;
    rule.store = "inbox";
    rule.balancer = "replica-cnt";
    rule.version = 12;
    rule.by = "owner at a1";
    rule.reason = "slow disks";
    rule.set_ms = 1000;
    rule.failure = "no such file";
    rule.values = {{"enable", "true", "default"}, {"options.grace_s", "300", "rule 12"}};
    list.emplace();
    list->rules = {rule};
    list->audit = {{12, 1000, "owner at a1", "inbox", "replica-cnt", false},
                   {13, 2000, "token at a2", "dist", "range-leader", true}};
  }
  std::optional<RuleReport> rules() const override { return list; }
  Result<RuleChangeStatus> change(const RuleChange& change) override {
    if (failure) return *failure;
    given.push_back(change);
    return RuleChangeStatus{1, change.store, change.balancer, "running", "", 0};
  }
  std::optional<RuleChangeStatus> change_status(std::uint64_t id) const override {
    if (id != 1) return std::nullopt;
    return RuleChangeStatus{1, "inbox", "replica-cnt", end, "because", 12};
  }

  std::optional<RuleReport> list;
  std::vector<RuleChange> given;
  std::optional<Error> failure;
  std::string end = "done";
};

// The response of an answer, which must be made at once.
inline HttpResponse response_of(HttpAnswer answer) {
  if (auto* response = std::get_if<HttpResponse>(&answer)) return std::move(*response);
  std::optional<HttpResponse> made;
  std::get<HttpWork>(answer).run([&](HttpResponse&& response) { made = std::move(response); });
  return std::move(made).value();
}

// One session of each kind, and what was done to them. "none" is nobody's.
struct FakeSessions final : SessionSource {
  FakeSessions() {
    SessionStatus both;
    both.name = {"", "both"};
    both.link = LinkStatus{"00000000000000a1", "192.0.2.1:4711", "default", "5.0", "ann", 60, 12, 3, 99};
    both.stored = StoredStatus{true, "00000000000000a1", 3600, INT64_MAX, true, 5, 500, 2};
    SessionStatus away;
    away.name = {"acme", "a/way"};
    away.stored = StoredStatus{};
    away.stored->expires_at_ms = 1'800'000'000'000;
    page.sessions = {both, away};
    page.cursor = std::string("\0k", 2);
    page.missing_nodes = {"00000000000000a3"};
    detail.session = both;
    detail.subscriptions = {{"a/#", 1, true, false, 7}, {"b", {}}};
  }

  void list(const SessionQuery& query, Then<SessionPage> then) override {
    queries.push_back(query);
    then(page);
  }
  void show(const SessionName& name, Then<SessionDetail> then) override { answer(name, detail, then); }
  void kick(const SessionName& name, Then<Kicked> then) override { answer(name, Kicked{1, {}}, then); }
  void end(const SessionName& name, Then<EndedSession> then) override {
    answer(name, EndedSession{true, 1, {}}, then);
  }
  void subscribe(const SessionName& name, const SubscriptionStatus& subscription, Then<bool> then) override {
    subscriptions.push_back(subscription);
    answer(name, true, then);
  }
  void unsubscribe(const SessionName& name, const std::string& filter, Then<bool> then) override {
    subscriptions.push_back({filter, {}});
    answer(name, false, then);
  }
  void routes(const RouteQuery& query, Then<RoutePage> then) override {
    route_queries.push_back(query);
    RoutePage routes;
    routes.routes = {{{"", "both"}, {"a/#", 1, true, false, 7}}};
    routes.cursor = "k";
    then(routes);
  }

  template <class T>
  void answer(const SessionName& name, T result, const Then<T>& then) {
    names.push_back(name);
    if (failure) return then(*failure);
    if (name.client_id == "none") return then(Error{Errc::not_found, "there is no such session"});
    then(std::move(result));
  }

  SessionPage page;
  SessionDetail detail;
  std::optional<Error> failure;
  std::vector<SessionQuery> queries;
  std::vector<RouteQuery> route_queries;
  std::vector<SessionName> names;
  std::vector<SubscriptionStatus> subscriptions;
};

// Takes messages, and has one retained as text and one as bytes. "none" is the topic of nothing.
struct FakeMessages final : MessageSource {
  void publish(const OutgoingMessage& message, Then<Published> then) override {
    published.push_back(message);
    if (failure) return then(*failure);
    then(Published{true});
  }
  void list_retained(const RetainedQuery& query, Then<RetainedPage> then) override {
    queries.push_back(query);
    if (!query.cursor.empty()) return then(RetainedPage{});
    const CarriedProperties carried{
        true, "text/plain", "r", std::string("\xff\0", 2), {{"k", "v"}, {"k", "w"}}};
    then(RetainedPage{{{"a/b", "on", 1, 0, carried}, {"bytes", "\xff", 0, 1'800'000'000'000}}, "k"});
  }
  void show_retained(const TopicName& name, Then<RetainedStatus> then) override {
    names.push_back(name);
    if (name.topic == "none") return then(Error{Errc::not_found, "no message"});
    then(RetainedStatus{name.topic, name.topic == "bytes" ? std::string("\xff\0", 2) : "on", 1, 0});
  }
  void delete_retained(const TopicName& name, Then<bool> then) override {
    names.push_back(name);
    if (name.topic == "none") return then(Error{Errc::not_found, "no message"});
    then(true);
  }

  std::optional<Error> failure;
  std::vector<OutgoingMessage> published;
  std::vector<RetainedQuery> queries;
  std::vector<TopicName> names;
};

// Knows "1", which is drained, and nothing else.
struct FakeNodes final : NodeSource {
  FakeNodes() {
    NodeState node;
    node.id = "1";
    node.state = "draining";
    node.is_this = true;
    node.load = {3, 2, 1};
    node.drain = {"clients", 50, true};
    node.by = "owner at 1";
    node.reason = "a new disk";
    node.set_ms = 77;
    node.version = 5;
    known.nodes.push_back(node);
    node.id = "2";
    node.state = "gone";
    node.load.reset();
    node.drain.reset();
    node.version = 0;
    known.nodes.push_back(node);
    known.missing_nodes = {"3"};
  }
  void list(Then<NodeList> then) override { then(known); }
  void show(const std::string& node, Then<NodeState> then) override {
    if (node != "1") return then(Error{Errc::not_found, "there is no node " + node});
    then(NodeState(known.nodes.front()));
  }
  void drain(const DrainOrder& order, Then<NodeState> then) override {
    drained.push_back(order);
    answer(order.node, order.version, then);
  }
  void resume(const NodeOrder& order, Then<NodeState> then) override {
    resumed.push_back(order);
    answer(order.node, order.version, then);
  }
  void remove(const NodeOrder& order, Then<NodeState> then) override {
    removed.push_back(order);
    answer(order.node, order.version, then);
  }
  void answer(const std::string& node, std::optional<std::uint64_t> version,
              const Then<NodeState>& then) const {
    if (node == "1" && version && version != known.nodes.front().version)
      return then(Error{Errc::exists, "it has another version"});
    if (node == "1" && version && is_in_the_way) return then(Error{Errc::exists, "it is linked"});
    if (node == "77") return then(Error{Errc::exists, "it is linked"});
    if (node != "1") return then(Error{Errc::not_found, "there is no node " + node});
    then(known.nodes.front());
  }
  NodeList known;
  bool is_in_the_way = false;  // of orders that want a version
  std::vector<DrainOrder> drained;
  std::vector<NodeOrder> resumed;
  std::vector<NodeOrder> removed;
};

struct FakeBackup final : BackupSource {
  void read_state(const StateQuestion& question, Then<std::string> then) override {
    questions.push_back(question);
    if (failure) return then(*failure);
    then("chunk " + std::to_string(question.chunk));
  }
  void begin_restore(const RestoreBegin& begin, Then<RestoreBegun> then) override {
    begun.push_back(begin);
    if (failure) return then(*failure);
    then(RestoreBegun{});
  }
  void restore_rows(const RestoreRowsOf& given, Then<RestoredRows> then) override {
    rows.push_back(given);
    then(RestoredRows{3, 1});
  }
  void restore_step(const RestoreStep& step, Then<RestoredPage> then) override {
    steps.push_back(step);
    then(RestoredPage{2, 5, "k\xff"});
  }

  std::optional<Error> failure;
  std::vector<StateQuestion> questions;
  std::vector<RestoreBegin> begun;
  std::vector<RestoreRowsOf> rows;
  std::vector<RestoreStep> steps;
};

// One ban of each kind, and what was done to them. "none" is nobody's pattern; "1" no kind.
struct FakeBans final : BanSource {
  void list(const BanQuery& query, Then<BanPage> then) override {
    queries.push_back(query);
    if (failure) return then(*failure);
    BanPage page;
    page.bans = {{{"client", "meter-*"}, "noise", "owner at a1", 1000, INT64_MAX, 12},
                 {{"address", "192.0.2.0/24"}, "", "token at a2", 1000, 9000, 13}};
    page.flapping = {{"a1", "default", "f", "192.0.2.7:1", 5}};
    page.missing_nodes = {"a3"};
    page.cursor = "k";
    then(page);
  }
  void show(const BanName& name, Then<BanStatus> then) override { answer(name, then); }
  void change(const BanChange& change, Then<BanStatus> then) override {
    changes.push_back(change);
    answer(change.name, then);
  }
  void answer(const BanName& name, const Then<BanStatus>& then) {
    if (failure) return then(*failure);
    if (name.kind == "1") return then(Error{Errc::invalid, "no such kind"});
    if (name.pattern == "none") return then(Error{Errc::not_found, "no such ban"});
    then(BanStatus{name, "noise", "owner at a1", 1000, 9000, 12});
  }
  std::optional<Error> failure;
  std::vector<BanQuery> queries;
  std::vector<BanChange> changes;
};

// One directive and two nodes, and what was done to them. "none" are nobody's tenants and node; "1" is no
// service.
struct FakeTraffic final : TrafficSource {
  void list(Then<TrafficStatus> then) override {
    if (failure) return then(*failure);
    TrafficStatus status;
    status.directives = {{{"mqtt", "acme-*"}, {{"blue", 3}, {"green", 0}}, "noise", "owner at a1", 1000, 12}};
    status.nodes = {{true, true, {"a1", {"blue"}, "", "", 0, 0}, {{{"mqtt", "acme-*"}, 3, 17}}},
                    {false, false, {"a2", {}, "moved", "owner at a1", 2000, 13}, {}}};
    status.away = {{"a3", {"green"}, "", "owner at a1", 2000, 14}};
    status.missing_nodes = {"a4"};
    status.audit = {{12, 1000, "owner at a1", "directive mqtt acme-*", false}};
    then(std::move(status));
  }
  void show(const DirectiveName& name, Then<DirectiveStatus> then) override { answer(name, then); }
  void change(const DirectiveChange& change, Then<DirectiveStatus> then) override {
    changes.push_back(change);
    answer(change.name, then);
  }
  void change_groups(const GroupsChange& change, Then<GroupsStatus> then) override {
    group_changes.push_back(change);
    if (failure) return then(*failure);
    if (change.node == "none") return then(Error{Errc::not_found, "no such node"});
    then(GroupsStatus{change.node, change.groups, change.reason, "owner at a1", 2000, 15});
  }
  void answer(const DirectiveName& name, const Then<DirectiveStatus>& then) {
    if (failure) return then(*failure);
    if (name.service == "1") return then(Error{Errc::not_found, "no such service"});
    if (name.tenants == "none") return then(Error{Errc::not_found, "no such directive"});
    then(DirectiveStatus{name, {{"blue", 3}}, "noise", "owner at a1", 1000, 12});
  }
  std::optional<Error> failure;
  std::vector<DirectiveChange> changes;
  std::vector<GroupsChange> group_changes;
};

// A value of each kind, and reloads that were asked for.
struct FakeConfig final : ConfigSource {
  ConfigReport config() const override {
    ConfigReport report{
        {{"log.level", "\"info\"", "default", false, false},
         {"node.workers", "2", "/etc/tenon/conf.d/10.json:3", true, true},
         {"plugins.a.options.password", "\"***\"", "/etc/tenon/conf.d/10.json:4", false, false}},
        {"/etc/tenon/conf.d/10.json"}};
    report.values.insert(report.values.end(), more.begin(), more.end());
    return report;
  }
  void diff(Then<ConfigDiff> then) override {
    ConfigDiff diff;
    diff.errors = errors;
    diff.changes = {{"node.workers", "2", "4", "/etc/tenon/conf.d/10.json:3", true},
                    {"mqtt.x", std::nullopt, "[1]", "here", false},
                    {"mqtt.y", "true", std::nullopt, "", false}};
    then(diff);
  }
  void reload(const std::string& by, Then<ReloadReport> then) override {
    asked_by.push_back(by);
    ReloadReport report;
    report.errors = errors;
    report.applied = {"log.level"};
    report.restart = {"node.workers"};
    report.plugins_restart = {"a"};
    report.plugins_refused = {{"b", "no"}};
    report.tokens = {"watcher"};
    then(report);
  }
  std::vector<ConfigValue> more;  // behind those
  std::vector<std::string> errors;
  std::vector<std::string> asked_by;
};

struct FakeLog final : LogSource {
  LogLevels levels() const override {
    return {8, {{"link", "debug", "info", 5}, {"node", "info", "info", 0}}};
  }
  Status set_level(const LogLevelChange& change) override {
    if (change.area == "none") return Error{Errc::invalid, "no such area"};
    if (change.version && change.version != 8u) return Error{Errc::exists, "another version"};
    set.push_back(change.area + " " + change.level + " " + std::to_string(change.duration_s.value_or(0)) +
                  " " + change.by);
    return {};
  }
  std::vector<std::string> set;
};

// One trace, "1", with two lines.
struct FakeTraces final : TraceSource {
  FakeTraces() {
    trace.id = "1";
    trace.order.client = "meter-*";
    trace.order.by = "owner";
    trace.state = "running";
    trace.line_count = 2;
  }
  void start(const TraceOrder& order, Then<TraceStatus> then) override {
    orders.push_back(order);
    if (failure) return then(*failure);
    then(TraceStatus(trace));
  }
  void list(Then<std::vector<TraceStatus>> then) override { then(std::vector<TraceStatus>{trace}); }
  void show(const std::string& id, const std::string& cursor, std::uint32_t limit,
            Then<TracePage> then) override {
    shown.push_back(id + " " + cursor + " " + std::to_string(limit));
    if (id != "1") return then(Error{Errc::not_found, "no such trace"});
    if (ends && !cursor.empty())
      return then(TracePage{trace, {{"a1", 7, "event", "meter-7", "192.0.2.7:1", "closed"}}, {}, {"a3"}});
    then(TracePage{trace,
                   {{"a1", 5, "received", "meter-7", "192.0.2.7:1", "PINGREQ"},
                    {"a1", 6, "sent", "meter-7", "192.0.2.7:1", "PINGRESP"}},
                   "k",
                   {"a3"}});
  }
  void stop(const std::string& id, Then<TraceStatus> then) override {
    if (id != "1") return then(Error{Errc::not_found, "no such trace"});
    then(TraceStatus(trace));
  }
  TraceStatus trace;
  bool ends = false;  // with its second page
  std::optional<Error> failure;
  std::vector<TraceOrder> orders;
  std::vector<std::string> shown;
};

// Two changes a page, of which there are two.
struct FakeAudit final : AuditSource {
  void list(const AuditQuery& query, Then<AuditPage> then) override {
    queries.push_back(query);
    if (query.before) return then(AuditPage{{{1, 5, "token at a2", "bans/client/b", true}}, {}});
    then(AuditPage{
        {{3, 7, "owner at a1", "bans/client/meter-*", false}, {2, 6, "owner at a1", "nodes/drain/a1", true}},
        2});
  }
  std::vector<AuditQuery> queries;
};

// What the API answers to the broker's own user, at once.
using HttpFields = std::vector<std::pair<std::string, std::string>>;
inline HttpResponse ask_as_owner(const Api& api, const std::string& method, const std::string& path,
                                 const std::string& query = {}, const std::string& body = {},
                                 HttpFields fields = {}) {
  fields.emplace_back("Content-Type", "application/json");
  const HttpRequest request{.method = method,
                            .path = path,
                            .query = query,
                            .fields = std::move(fields),
                            .body = body,
                            .peer = PeerTrust::owner};
  if (auto refused = api.refuse(request)) return *refused;
  return response_of(api.handle(request));
}

// Empty: it has none.
inline std::string etag_in(const HttpResponse& response) {
  for (const auto& [name, value] : response.fields)
    if (name == "ETag") return value;
  return {};
}

// Files in memory.
class MemoryDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const bool there = files.contains(path);
    if (mode == OpenMode::read && unreadable.contains(path))
      return Error{Errc::denied, path + ": permission denied"};
    if (!there && (mode == OpenMode::read || mode == OpenMode::read_write))
      return Error{Errc::not_found, path + ": no such file"};
    if (there && mode == OpenMode::create_new) return Error{Errc::exists, path + ": exists"};
    return std::unique_ptr<File>(std::make_unique<Handle>(files[path], write_error));
  }
  Status rename(const std::string& from, const std::string& to) override {
    files[to] = files.at(from);
    files.erase(from);
    return {};
  }
  Status remove(const std::string& path) override {
    return files.erase(path) > 0 ? Status() : Status(Error{Errc::not_found, path + ": no such file"});
  }
  Status make_dirs(const std::string&) override { return {}; }
  Status sync_dir(const std::string& path) override {
    synced.insert(path);
    return {};
  }
  Status list(const std::string& path, const std::function<void(std::string_view, bool)>& visit) override {
    bool found = false;
    for (const auto& [name, content] : files) {
      if (!name.starts_with(path + "/")) continue;
      found = true;
      const std::string_view below = std::string_view(name).substr(path.size() + 1);
      visit(below.substr(0, below.find('/')), below.find('/') != std::string_view::npos);
    }
    return found ? Status() : Status(Error{Errc::not_found, path + ": no such directory"});
  }
  Result<std::uint64_t> free_bytes(const std::string&) override { return std::uint64_t{1} << 30; }

  std::map<std::string, std::string> files;
  std::set<std::string> unreadable;
  std::set<std::string> synced;
  std::optional<Error> write_error;

 private:
  class Handle final : public File {
   public:
    Handle(std::string& content, const std::optional<Error>& write_error)
        : content_(content), write_error_(write_error) {}
    Result<std::size_t> pread(std::uint64_t offset, std::span<std::uint8_t> out) override {
      const std::size_t bytes = std::min(out.size(), content_.size() - offset);
      if (bytes > 0) std::memcpy(out.data(), content_.data() + offset, bytes);
      return bytes;
    }
    Status pwrite_v(std::uint64_t, std::span<const Bytes> spans) override {
      if (write_error_) return *write_error_;
      for (const Bytes bytes : spans) content_ += as_text(bytes);
      return {};
    }
    Status fdatasync() override { return {}; }
    Status truncate(std::uint64_t size_bytes) override {
      content_.resize(size_bytes);
      return {};
    }
    Result<std::uint64_t> size() override { return content_.size(); }

   private:
    std::string& content_;
    const std::optional<Error>& write_error_;
  };
};

inline ConsoleFiles sample_console() {
  MemoryDisk disk;
  disk.files["/console/index.html"] = "<p>tenon";
  return std::move(ConsoleFiles::read(disk, "/console")).value();
}

struct FakeReports final : ReportSource {
  void list(Then<std::vector<ReportStatus>> then) override {
    if (failure) return then(*failure);
    then(std::vector<ReportStatus>{{"/data/reports/given-up-5-1.jsonl", 5, 1, 1234}});
  }
  std::optional<Error> failure;
};

// The parts of an API, made of fakes.
struct FakeParts {
  ApiParts parts() {
    return {&status, &ranges, &metrics, &health, &balance, &rules,  &sessions, &messages, &console,
            &nodes,  &backup, &bans,    &config, &log,     &traces, &traffic,  &reports,  &audit};
  }

  FakeBackup backup;
  FakeMessages messages;
  FakeSessions sessions;
  FakeStatus status;
  FakeRanges ranges;
  observe::MetricRegistry metrics{2};
  observe::Health health;
  FakeBalance balance;
  FakeRules rules;
  ConsoleFiles console = sample_console();
  FakeNodes nodes;
  FakeBans bans;
  FakeConfig config;
  FakeLog log;
  FakeTraces traces;
  FakeTraffic traffic;
  FakeReports reports;
  FakeAudit audit;
};

// Answers each request with "METHOD path?query [body]"; refuses the path /refused with 404. What is asked of
// /later is work.
struct EchoHandler final : HttpHandler {
  std::optional<HttpResponse> refuse(const HttpRequest& request) const override {
    if (request.path == "/refused") return HttpResponse{.status = 404, .body = "no", .fields = {}};
    return std::nullopt;
  }
  bool wants_body(const HttpRequest& request) const override { return request.path != "/bodiless"; }
  HttpAnswer handle(const HttpRequest& request) const override {
    if (request.path == "/throws") throw std::runtime_error("on purpose");
    HttpResponse echo{.content_type = "text/plain",
                      .body = request.method + " " + request.path + "?" + request.query + " [" +
                              request.body + "]" + padding,
                      .fields = {}};
    if (request.path != "/later") return echo;
    return HttpWork{[echo](HttpDone done) { done(HttpResponse(echo)); }};
  }
  std::string padding;
};

// 0, 1, 2, ...
struct CountingRandom final : Random {
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = next_byte++;
  }
  std::uint8_t next_byte = 0;
};

}  // namespace tenon::admin
