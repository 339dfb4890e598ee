#include "bin/ctl/status_view.h"

#include <array>
#include <nlohmann/json.hpp>

#include "bin/ctl/table.h"

namespace tenon::ctl {

namespace {

using Json = nlohmann::json;

std::string text(const Json& json, const char* key) {
  return json.at(key).get<std::string>();
}

std::string number(const Json& json, const char* key) {
  return std::to_string(json.at(key).get<std::uint64_t>());
}

std::string address_of(const Json& listener) {
  const std::string address = text(listener, "address");
  if (address.starts_with("unix:")) return address;
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address + "]" : address) + ":" + number(listener, "port");
}

std::string head_of(const Json& status) {
  const Json& node = status.at("node");
  return "tenon " + shown(text(status, "version")) + ", node " + shown(text(node, "id")) + " (pid " +
         std::to_string(node.at("pid").get<std::int64_t>()) + "), up " +
         duration_text(node.at("uptime_s").get<std::int64_t>()) + ", " + number(node, "workers") +
         " workers\n";
}

// One line, and one more for each condition that is not ok.
std::string health_of(const Json& status) {
  std::string out = status.at("ready").get<bool>() ? "ready\n" : "NOT READY\n";
  for (const Json& condition : status.at("conditions")) {
    if (text(condition, "state") == "ok") continue;
    out += "  " + shown(text(condition, "name")) + " is " + shown(text(condition, "state")) + ": " +
           shown(text(condition, "reason")) + "\n";
  }
  return out;
}

std::string listeners_of(const Json& status) {
  Table table({"LISTENER", "TRANSPORT", "ADDRESS", "CONNECTIONS"});
  for (const Json& listener : status.at("listeners"))
    table.add({text(listener, "name"), text(listener, "transport"), address_of(listener),
               number(listener, "connections")});
  return table.to_text();
}

std::string plugins_of(const Json& status) {
  Table table({"PLUGIN", "KIND", "VERSION", "LEVEL", "STATE", "HEALTH"});
  for (const Json& plugin : status.at("plugins"))
    table.add({text(plugin, "name"), text(plugin, "kind"), text(plugin, "version"), number(plugin, "level"),
               text(plugin, "state"), text(plugin, "health")});
  return table.to_text();
}

// Nothing for a node that is alone.
std::string peers_of(const Json& status) {
  const auto peers = status.find("peers");
  if (peers == status.end() || peers->empty()) return {};
  Table table({"NODE", "ADDRESS", "STATE", "FOR", "LINK", "HEARD BY"});
  for (const Json& peer : *peers)
    table.add({text(peer, "node"), text(peer, "address"), text(peer, "state"),
               duration_text(peer.at("since_s").get<std::int64_t>()),
               peer.at("linked").get<bool>() ? "up" : "down", text(peer, "witness")});
  return table.to_text() + "\n";
}

std::string counts_of(const Json& status) {
  const Json& counts = status.at("counts");
  const Json& messages = status.at("messages");
  return "connections " + number(counts, "connections") + ", sessions " + number(counts, "sessions") +
         ", subscriptions " + number(counts, "subscriptions") + ", retained messages " +
         number(counts, "retained_messages") + "\nmessages: " + number(messages, "received") + " received, " +
         number(messages, "sent") + " sent, " + number(messages, "dropped") + " dropped\n";
}

}  // namespace

Result<std::string> status_view(std::string_view json) {
  try {
    const Json status = Json::parse(json);
    return head_of(status) + health_of(status) + "\n" + listeners_of(status) + "\n" + plugins_of(status) +
           "\n" + peers_of(status) + counts_of(status);
  } catch (const Json::exception&) {
    return Error{Errc::internal,
                 "the broker's answer is not a status of API version 1; is its version that of tenonctl?"};
  }
}

std::string duration_text(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  constexpr std::array<Unit, 4> units = {{{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}}};
  for (std::size_t i = 0; i + 1 < units.size(); ++i) {
    if (seconds < units[i].seconds) continue;
    const std::int64_t rest = seconds % units[i].seconds / units[i + 1].seconds;
    std::string out = std::to_string(seconds / units[i].seconds) + units[i].name;
    return rest == 0 ? out : out + " " + std::to_string(rest) + units[i + 1].name;
  }
  return std::to_string(seconds) + " s";
}

}  // namespace tenon::ctl
