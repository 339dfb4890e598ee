#include "bin/ctl/commands/node_views.h"

#include "bin/ctl/commands/view_text.h"

namespace tenon::ctl {

namespace {

// "draining: clients, 100 a second"
std::string state_of(const Json& node) {
  std::string state = text_at(node, "state");
  const auto drain = node.find("drain");
  if (drain == node.end() || state == "drained") return state;
  const std::string phase = text_at(*drain, "phase");
  state += ": " + phase;
  if (phase == "clients") state += ", " + number_at(*drain, "rate") + " a second";
  return state;
}

std::string of_load(const Json& node, const char* key) {
  const auto load = node.find("load");
  return load == node.end() ? "-" : number_at(*load, key);
}

std::string or_none(const Json& node, const char* key) {
  const auto value = node.find(key);
  return value == node.end() ? "-" : value->get<std::string>();
}

}  // namespace

Result<std::string> nodes_view(const std::string& text) {
  const Json list = Json::parse(text);
  Table table({"NODE", "STATE", "CLIENTS", "LEADERS", "REPLICAS", "REASON"});
  for (const Json& node : list.at("nodes"))
    table.add({text_at(node, "id") + (node.at("this").get<bool>() ? " *" : ""), state_of(node),
               of_load(node, "clients"), of_load(node, "leaders"), of_load(node, "replicas"),
               or_none(node, "reason")});
  return table.to_text() + silent_nodes_of(list);
}

Result<std::string> node_detail_view(const std::string& text) {
  const Json node = Json::parse(text);
  std::string out = line_of("id", text_at(node, "id")) + line_of("state", state_of(node));
  for (const char* name : {"clients", "leaders", "replicas"}) out += line_of(name, of_load(node, name));
  for (const char* name : {"by", "reason"}) out += line_of(name, or_none(node, name));
  out += line_of("said at", node.contains("set_ms") ? time_text(node["set_ms"].get<std::int64_t>()) : "-");
  return out + line_of("version", number_at(node, "version"));
}

Result<std::string> node_view(const std::string& text) {
  const Json node = Json::parse(text);
  return text_at(node, "id") + " " + state_of(node) + "\n";
}

}  // namespace tenon::ctl
