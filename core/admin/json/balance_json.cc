#include "admin/json/balance_json.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <nlohmann/json.hpp>
#include <set>
#include <type_traits>

#include "admin/json/key_text.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;
using balance::StoreId;
using kv::NodeId;

constexpr StoreId all_stores[] = {StoreId::meta, StoreId::dist, StoreId::inbox, StoreId::retain};
constexpr std::string_view evidence_words[] = {"none", "refused", "marked"};

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string epoch_text(const kv::Epoch& epoch) {
  return std::to_string(epoch.boundary) + "." + std::to_string(epoch.members);
}

std::string node_text(NodeId node) {
  return node == NodeId::none ? std::string() : balance::describe(node);
}

Json nodes_of(const std::vector<NodeId>& nodes) {
  Json list = Json::array();
  for (const NodeId node : nodes) list.push_back(node_text(node));
  return list;
}

Json command_of(const balance::Command& command) {
  return {{"range", std::to_string(command.range)},
          {"epoch", epoch_text(command.epoch)},
          {"kind", balance::kind_of(command)},
          {"command", balance::describe(command)},
          {"reason", command.reason}};
}

Json decision_of(const balance::Decision& decision) {
  constexpr std::string_view words[] = {"given", "held", "refused"};
  Json json = command_of(decision.command);
  json["state"] = words[static_cast<std::size_t>(decision.state)];
  json["number"] = decision.number;
  json["why"] = decision.why;
  json["cause"] = decision.refusal ? balance::to_string(*decision.refusal) : "";
  return json;
}

Json counts_of(const balance::BalancerExplanation::Counts& counts) {
  Json refused = Json::object();
  for (std::size_t i = 0; i < balance::refusal_count; ++i)
    if (counts.refused[i] > 0)
      refused[std::string(balance::to_string(static_cast<balance::Refusal>(i)))] = counts.refused[i];
  return {{"plans", counts.plans}, {"failures", counts.failures}, {"given", counts.given},
          {"done", counts.done},   {"failed", counts.failed},     {"held", counts.held},
          {"refused", refused}};
}

Json balancer_of(const balance::BalancerExplanation& balancer, std::int64_t now_ms) {
  Json decisions = Json::array();
  for (const auto& decision : balancer.decisions) decisions.push_back(decision_of(decision));
  return {{"store", kv::to_string(balancer.store)},
          {"name", balancer.name},
          {"enabled", balancer.is_enabled},
          {"rule", balancer.rule_version},
          {"has_planned", balancer.has_planned},
          {"planned_ms_ago", balancer.has_planned ? now_ms - balancer.planned_ms : 0},
          {"inputs",
           {{"nodes_alive", balancer.inputs.nodes_alive},
            {"nodes_gone", balancer.inputs.nodes_gone},
            {"ranges", balancer.inputs.ranges},
            {"ranges_busy", balancer.inputs.ranges_busy},
            {"ranges_leaderless", balancer.inputs.ranges_leaderless}}},
          {"failure", balancer.failure},
          {"reason", balancer.reason},
          {"await_ms", balancer.await_ms},
          {"decision_count", balancer.decision_count},
          {"decisions", std::move(decisions)},
          {"counts", counts_of(balancer.counts)}};
}

Json given_of(const balance::GivenCommand& given, std::int64_t now_ms) {
  Json json = command_of(given.command);
  json["number"] = given.number;
  json["store"] = kv::to_string(given.store);
  json["balancer"] = given.balancer;
  json["given_ms_ago"] = now_ms - given.given_ms;
  json["state"] = given.state;
  json["detail"] = given.detail;
  return json;
}

Json view_node_of(const balance::ViewNode& node) {
  Json stores = Json::array();
  for (const StoreId store : all_stores)
    if ((node.stores & balance::bit_of(store)) != 0) stores.push_back(kv::to_string(store));
  return {{"id", node_text(node.id)},
          {"alive", node.is_alive},
          {"since_ms", node.since_ms},
          {"zone", node.zone},
          {"cores", node.cores},
          {"stores", std::move(stores)},
          {"evidence", evidence_words[static_cast<std::size_t>(node.evidence)]},
          {"draining", node.is_draining},
          {"emptying", node.is_emptying},
          {"attributes", node.attributes}};
}

Json view_range_of(const balance::ViewRange& range) {
  const kv::Descriptor& what = range.what;
  Json json = {{"id", std::to_string(range.id)},
               {"store", kv::to_string(what.store)},
               {"begin", key_text(what.begin)},
               {"end", key_text(what.end)},
               {"epoch", epoch_text(what.epoch)},
               {"busy", range.is_busy},
               {"provisional", range.is_provisional},
               {"leader", node_text(range.leader)},
               {"leader_since_ms", range.leader_since_ms},
               {"voters", nodes_of(what.members.voters)},
               {"outgoing", nodes_of(what.members.outgoing)},
               {"learners", nodes_of(what.members.learners)},
               {"commands_per_s", range.commands_per_s},
               {"bytes_per_s", range.bytes_per_s},
               {"load_key", key_text(range.load_key)},
               {"fanout_key", key_text(range.fanout_key)},
               {"fanout_count", range.fanout_count}};
  if (range.size_bytes) json["size_bytes"] = *range.size_bytes;
  Json replicas = Json::array();
  for (const auto& replica : range.replicas) {
    Json one = {{"node", node_text(replica.node)},
                {"usable", replica.is_usable},
                {"behind", replica.is_behind},
                {"term", replica.term}};
    if (replica.last_index) one["last_index"] = *replica.last_index;
    if (replica.lag) one["lag"] = *replica.lag;
    replicas.push_back(std::move(one));
  }
  json["replicas"] = std::move(replicas);
  return json;
}

// What is wrong in a saved view, on its way out of the reader.
struct Wrong {
  std::string text;
};

// Reads the members of an object, one that it does not know is wrong.
class ObjectReader {
 public:
  ObjectReader(const Json& json, std::string place) : json_(json), place_(std::move(place)) {
    if (!json.is_object()) throw Wrong{place_ + " is no object"};
  }
  ~ObjectReader() noexcept(false) {
    if (std::uncaught_exceptions() > 0) return;
    for (const auto& [name, value] : json_.items())
      if (!known_.contains(name)) throw Wrong{place_ + "." + name + " is not known"};
  }

  template <class T>
  void read(const char* name, T& ret_value) {
    if (const Json* value = member(name)) ret_value = as<T>(*value, name);
  }
  template <class T>
  void read(const char* name, std::optional<T>& ret_value) {
    if (const Json* value = member(name)) ret_value = as<T>(*value, name);
  }
  void read_node(const char* name, NodeId& ret_node) {
    if (const Json* value = member(name)) ret_node = node_of(*value, name);
  }
  void read_nodes(const char* name, std::vector<NodeId>& ret_nodes) {
    if (const Json* value = list(name))
      for (const Json& one : *value) ret_nodes.push_back(node_of(one, name));
  }
  void read_key(const char* name, std::string& ret_key) {
    const Json* value = member(name);
    if (!value) return;
    auto key = key_of_text(as<std::string>(*value, name));
    if (!key) wrong(name, "is no key");
    ret_key = std::move(*key);
  }
  void read_epoch(const char* name, kv::Epoch& ret_epoch) {
    const Json* value = member(name);
    if (!value) return;
    const auto text = as<std::string>(*value, name);
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, ret_epoch.boundary);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') wrong(name, "is not like \"3.1\"");
    const auto second = std::from_chars(first.ptr + 1, end, ret_epoch.members);
    if (second.ec != std::errc() || second.ptr != end) wrong(name, "is not like \"3.1\"");
  }
  void read_number(const char* name, std::uint64_t& ret_number) {
    const Json* value = member(name);
    if (!value) return;
    const auto text = as<std::string>(*value, name);
    const auto read = std::from_chars(text.data(), text.data() + text.size(), ret_number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size())
      wrong(name, "is no number in quotes");
  }
  StoreId store(const Json& value, const char* name) const {
    const auto text = as<std::string>(value, name);
    for (const StoreId one : all_stores)
      if (kv::to_string(one) == text) return one;
    wrong(name, "has no store \"" + text + "\"");
  }
  const Json* member(const char* name) {
    known_.insert(name);
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }
  const Json* list(const char* name) {
    const Json* value = member(name);
    if (value && !value->is_array()) wrong(name, "is no list");
    return value;
  }
  std::string place(const char* name, std::size_t index) const {
    return place_ + "." + name + "[" + std::to_string(index) + "]";
  }
  [[noreturn]] void wrong(const char* name, const std::string& what) const {
    throw Wrong{place_ + "." + name + " " + what};
  }

 private:
  template <class T>
  T as(const Json& value, const char* name) const {
    constexpr bool is_text = std::is_same_v<T, std::string>;
    constexpr bool is_flag = std::is_same_v<T, bool>;
    if (is_text ? !value.is_string() : is_flag ? !value.is_boolean() : !value.is_number_integer())
      wrong(name, is_text ? "is no text" : is_flag ? "is not true or false" : "is no whole number");
    return value.get<T>();
  }
  NodeId node_of(const Json& value, const char* name) const {
    const auto text = as<std::string>(value, name);
    std::uint64_t node = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), node, 16);
    if (!text.empty() && (read.ec != std::errc() || read.ptr != text.data() + text.size()))
      wrong(name, "is no node");
    return NodeId{node};
  }

  const Json& json_;
  const std::string place_;
  std::set<std::string, std::less<>> known_;
};

void read_view_node(const Json& json, const std::string& place, balance::ViewNode& node) {
  ObjectReader in(json, place);
  in.read_node("id", node.id);
  node.is_alive = true;
  in.read("alive", node.is_alive);
  in.read("since_ms", node.since_ms);
  in.read("zone", node.zone);
  in.read("cores", node.cores);
  node.stores = balance::all_stores;
  if (const Json* stores = in.list("stores")) {
    node.stores = 0;
    for (const Json& store : *stores) node.stores |= balance::bit_of(in.store(store, "stores"));
  }
  std::string evidence(evidence_words[0]);
  in.read("evidence", evidence);
  const auto word = std::find(std::begin(evidence_words), std::end(evidence_words), evidence);
  if (word == std::end(evidence_words)) in.wrong("evidence", "is none of none, refused, marked");
  node.evidence = static_cast<balance::Evidence>(word - std::begin(evidence_words));
  in.read("draining", node.is_draining);
  in.read("emptying", node.is_emptying);
  if (const Json* attributes = in.member("attributes")) {
    if (!attributes->is_object()) in.wrong("attributes", "is no object");
    for (const auto& [name, value] : attributes->items()) {
      if (!value.is_string()) in.wrong("attributes", "has a value that is no text");
      node.attributes[name] = value.get<std::string>();
    }
  }
  if (node.id == NodeId::none) in.wrong("id", "is missing");
}

void read_replica(const Json& json, const std::string& place, balance::ViewReplica& replica) {
  ObjectReader in(json, place);
  in.read_node("node", replica.node);
  in.read("usable", replica.is_usable);
  in.read("behind", replica.is_behind);
  in.read("term", replica.term);
  in.read("last_index", replica.last_index);
  in.read("lag", replica.lag);
}

void read_view_range(const Json& json, const std::string& place, balance::ViewRange& range) {
  ObjectReader in(json, place);
  in.read_number("id", range.id);
  const Json* store = in.member("store");
  if (!store) in.wrong("store", "is missing");
  range.what.store = in.store(*store, "store");
  in.read_key("begin", range.what.begin);
  in.read_key("end", range.what.end);
  in.read_epoch("epoch", range.what.epoch);
  in.read("busy", range.is_busy);
  in.read_node("leader", range.leader);
  in.read("leader_since_ms", range.leader_since_ms);
  in.read("provisional", range.is_provisional);
  in.read_nodes("voters", range.what.members.voters);
  in.read_nodes("outgoing", range.what.members.outgoing);
  in.read_nodes("learners", range.what.members.learners);
  in.read("commands_per_s", range.commands_per_s);
  in.read("bytes_per_s", range.bytes_per_s);
  in.read("size_bytes", range.size_bytes);
  in.read_key("load_key", range.load_key);
  in.read_key("fanout_key", range.fanout_key);
  in.read("fanout_count", range.fanout_count);
  if (const Json* replicas = in.list("replicas"))
    for (std::size_t i = 0; i < replicas->size(); ++i)
      read_replica((*replicas)[i], in.place("replicas", i), range.replicas.emplace_back());
}

balance::View view_of(const Json& json) {
  balance::View view;
  ObjectReader in(json, "view");
  in.read("now_ms", view.now_ms);
  in.read_number("seed", view.seed);
  if (const Json* wishes = in.member("stores")) {
    if (!wishes->is_object()) in.wrong("stores", "is no object");
    for (const auto& [name, value] : wishes->items()) {
      balance::StoreWish& wish = view.wishes[in.store(Json(name), "stores")];
      ObjectReader of_store(value, "view.stores." + name);
      of_store.read("voters", wish.voters);
      of_store.read("learners", wish.learners);
      of_store.read("initial_ranges", wish.ranges_at_first);
    }
  }
  if (const Json* nodes = in.list("nodes"))
    for (std::size_t i = 0; i < nodes->size(); ++i)
      read_view_node((*nodes)[i], in.place("nodes", i), view.nodes.emplace_back());
  if (const Json* ranges = in.list("ranges"))
    for (std::size_t i = 0; i < ranges->size(); ++i)
      read_view_range((*ranges)[i], in.place("ranges", i), view.ranges.emplace_back());
  view.sort();
  return view;
}

}  // namespace

std::string explanation_json(const balance::Explanation& explanation, std::string_view planner) {
  Json balancers = Json::array();
  for (const auto& balancer : explanation.balancers)
    balancers.push_back(balancer_of(balancer, explanation.now_ms));
  Json given = Json::array();
  for (const auto& one : explanation.given) given.push_back(given_of(one, explanation.now_ms));
  return text_of({{"planner", planner},
                  {"is_planner", explanation.is_planner},
                  {"balancers", std::move(balancers)},
                  {"commands", std::move(given)}});
}

std::string plan_json(const balance::Plan& plan) {
  Json commands = Json::array();
  for (const auto& command : plan.commands) commands.push_back(command_of(command));
  return text_of({{"reason", plan.reason}, {"await_ms", plan.await_ms}, {"commands", std::move(commands)}});
}

std::string view_json(const balance::View& view) {
  Json wishes = Json::object();
  for (const auto& [store, wish] : view.wishes)
    wishes[std::string(kv::to_string(store))] = {
        {"voters", wish.voters}, {"learners", wish.learners}, {"initial_ranges", wish.ranges_at_first}};
  Json nodes = Json::array();
  for (const auto& node : view.nodes) nodes.push_back(view_node_of(node));
  Json ranges = Json::array();
  for (const auto& range : view.ranges) ranges.push_back(view_range_of(range));
  return text_of({{"now_ms", view.now_ms},
                  {"seed", std::to_string(view.seed)},
                  {"stores", std::move(wishes)},
                  {"nodes", std::move(nodes)},
                  {"ranges", std::move(ranges)}});
}

Result<balance::View> read_view(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{Errc::invalid, "the view is no JSON"};
  try {
    return view_of(json);
  } catch (const Wrong& wrong) {
    return Error{Errc::invalid, wrong.text};
  }
}

}  // namespace tenon::admin
