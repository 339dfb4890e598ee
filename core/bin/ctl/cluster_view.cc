#include "bin/ctl/cluster_view.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "bin/ctl/commands/view_text.h"

namespace tenon::ctl {

namespace {

std::string text(const Json& json, const char* key) {
  return json.at(key).get<std::string>();
}

// What a node says of itself or others hear of it; "-" where there is nothing.
std::string text_or_dash(const Json* json, const char* key) {
  return json == nullptr || !json->contains(key) || text(*json, key).empty() ? "-" : text(*json, key);
}

std::string load_of(const Json* node, const char* key) {
  if (node == nullptr || !node->contains("load")) return "-";
  return std::to_string(node->at("load").at(key).get<std::uint64_t>());
}

// Nodes by their ids: those that `meta` or marks know of, and those that this one has met.
struct Nodes {
  std::string self;
  std::map<std::string, const Json*> known;  // of GET /nodes
  std::map<std::string, const Json*> peers;  // of GET /status
  std::set<std::string> ids;

  bool is_removed(const std::string& id) const {
    const auto node = known.find(id);
    return node != known.end() && text(*node->second, "state") == "removed";
  }

  bool is_linked(const std::string& id) const {
    const auto peer = peers.find(id);
    return id == self || (peer != peers.end() && peer->second->at("linked").get<bool>());
  }
};

Nodes nodes_of(const Json& status, const Json& list) {
  Nodes nodes;
  nodes.self = text(status.at("node"), "id");
  nodes.ids.insert(nodes.self);
  for (const Json& node : list.at("nodes")) {
    nodes.known[text(node, "id")] = &node;
    nodes.ids.insert(text(node, "id"));
  }
  if (!status.contains("peers")) return nodes;
  for (const Json& peer : status.at("peers")) {
    nodes.peers[text(peer, "node")] = &peer;
    nodes.ids.insert(text(peer, "node"));
  }
  return nodes;
}

const Json* found(const std::map<std::string, const Json*>& all, const std::string& id) {
  const auto at = all.find(id);
  return at == all.end() ? nullptr : at->second;
}

std::string link_of(const Nodes& nodes, const std::string& id) {
  if (id == nodes.self) return "this node";
  return nodes.is_linked(id) ? "up" : "down";
}

std::string nodes_table(const Nodes& nodes) {
  Table table({"NODE", "ADDRESS", "LINK", "HEARD AS", "STATE", "CLIENTS", "LEADERS", "REPLICAS"});
  for (const std::string& id : nodes.ids) {
    const Json* node = found(nodes.known, id);
    const Json* peer = found(nodes.peers, id);
    table.add({id, text_or_dash(peer, "address"), link_of(nodes, id), text_or_dash(peer, "state"),
               text_or_dash(node, "state"), load_of(node, "clients"), load_of(node, "leaders"),
               load_of(node, "replicas")});
  }
  return table.to_text();
}

struct StoreCounts {
  std::size_t ranges = 0;
  std::size_t leaderless = 0;
  std::size_t voter_away = 0;
  std::size_t majority_away = 0;
  std::size_t changing = 0;
  std::size_t fewest_voters = SIZE_MAX;
};

std::vector<std::string> away_of(const Nodes& nodes, const Json& voters) {
  std::vector<std::string> away;
  for (const Json& voter : voters)
    if (const auto id = voter.get<std::string>(); !nodes.is_linked(id)) away.push_back(id);
  return away;
}

void count(StoreCounts& counts, const Nodes& nodes, const Json& range) {
  const Json& voters = range.at("voters");
  const std::size_t away = away_of(nodes, voters).size();
  ++counts.ranges;
  counts.leaderless += text(range, "leader").empty() ? 1 : 0;
  counts.voter_away += away > 0 ? 1 : 0;
  counts.majority_away += voters.size() - away < voters.size() / 2 + 1 ? 1 : 0;
  counts.changing += range.at("outgoing").empty() ? 0 : 1;
  counts.fewest_voters = std::min(counts.fewest_voters, voters.size());
}

using Stores = std::vector<std::pair<std::string, StoreCounts>>;  // in the order of the list

Stores stores_of(const Nodes& nodes, const Json& ranges) {
  Stores stores;
  for (const Json& range : ranges.at("ranges")) {
    const std::string store = text(range, "store");
    auto known = std::ranges::find(stores, store, &Stores::value_type::first);
    if (known == stores.end()) known = stores.insert(known, {store, {}});
    count(known->second, nodes, range);
  }
  return stores;
}

std::string stores_table(const Stores& stores) {
  Table table({"STORE", "RANGES", "VOTERS", "CHANGING", "LEADERLESS", "VOTER AWAY", "MAJORITY AWAY"});
  for (const auto& [store, counts] : stores)
    table.add({store, std::to_string(counts.ranges), std::to_string(counts.fewest_voters),
               std::to_string(counts.changing), std::to_string(counts.leaderless),
               std::to_string(counts.voter_away), std::to_string(counts.majority_away)});
  return table.to_text();
}

// Of each store the worst only.
std::string trouble_of(const std::string& store, const StoreCounts& counts) {
  const auto say = [&](std::size_t count, const char* what) {
    return shown(store) + ": " + what + " of " + std::to_string(count) + " of " +
           std::to_string(counts.ranges) + " ranges\n";
  };
  if (counts.majority_away > 0)
    return say(counts.majority_away, "nothing is written, as a majority of the voters is away,");
  if (counts.leaderless > 0) return say(counts.leaderless, "no leader is known");
  if (counts.voter_away > 0) return say(counts.voter_away, "a voter is away");
  return {};
}

// A line for whatever is not as it should be, as this node sees it.
std::string troubles_of(const Nodes& nodes, const Stores& stores, const Json& status, const Json& list) {
  std::string out;
  for (const Json& condition : status.at("conditions"))
    if (text(condition, "state") != "ok")
      out += shown(text(condition, "name")) + " is " + shown(text(condition, "state")) + ": " +
             shown_reason(text(condition, "reason")) + "\n";
  for (const std::string& id : nodes.ids)
    if (!nodes.is_linked(id) && !nodes.is_removed(id))
      out += "node " + shown(id) + " has no link with this one\n";
  for (const auto& [store, counts] : stores) out += trouble_of(store, counts);
  out += silent_nodes_of(list);
  return out.empty() ? "nothing is amiss, as this node sees it\n" : out;
}

Json whole(const ClusterAnswers& answers) {
  return {{"status", Json::parse(answers.status)},
          {"nodes", Json::parse(answers.nodes)},
          {"ranges", Json::parse(answers.ranges)}};
}

}  // namespace

Result<std::string> cluster_view(const ClusterAnswers& answers) {
  try {
    const Json all = whole(answers);
    const Nodes nodes = nodes_of(all["status"], all["nodes"]);
    const Stores stores = stores_of(nodes, all["ranges"]);
    return nodes_table(nodes) + "\n" + stores_table(stores) + "\n" +
           troubles_of(nodes, stores, all["status"], all["nodes"]);
  } catch (const Json::exception&) {
    return unknown_answer();
  }
}

Result<std::string> show_cluster(const ApiClient& broker, OutputForm form) {
  ClusterAnswers answers;
  for (const auto& [path, answer] :
       {std::pair{"/api/v1/status", &answers.status}, std::pair{"/api/v1/nodes", &answers.nodes},
        std::pair{"/api/v1/ranges", &answers.ranges}}) {
    Result<std::string> body = broker.get(path);
    if (!body) return body;
    *answer = std::move(*body);
  }
  Result<std::string> view = cluster_view(answers);
  if (!view || form == OutputForm::table) return view;
  return whole(answers).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tenon::ctl
