#include "config/checks/cross_check.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "config/checks/check_value.h"
#include "config/json/json_writer.h"
#include "config/json/value.h"
#include "config/lookup.h"
#include "config/table/nearest.h"
#include "config/table/path.h"
#include "config/table/schema.h"

namespace tenon::config {
namespace {

bool is_at_or_below(std::string_view path, std::string_view ancestor) {
  return path.starts_with(ancestor) && (path.size() == ancestor.size() || path[ancestor.size()] == '.');
}

// One run over one configuration.
class CrossCheck {
 public:
  CrossCheck(const Config& config, std::vector<ConfigError>& errors) : config_(config), errors_(errors) {
    for (const ConfigError& error : errors) faulty_.insert(error.key);
  }

  void run() {
    check_required(config_.tree(), schema(), "");
    check_listeners();
    check_cluster();
    if (find_value(config_.tree(), "api.stack")) check_names("api.stack", "plugins", "plugin");
    check_auth_chain();
    check_observers();
    check_interceptors();
    check_engines();
    check_stores();
  }

 private:
  // The members that a reference at `path` has, a string or a list of strings; none where the key is not set.
  std::vector<const Value*> references(const std::string& path) const {
    std::vector<const Value*> values;
    const Value* value = effective_value(config_.tree(), split_path(path), *find_node(path));
    if (!value) return values;
    if (value->kind == Kind::string) values.push_back(value);
    for (const Value& item : value->items) values.push_back(&item);
    return values;
  }

  void add_error(const Origin& origin, const std::string& path, std::string text) {
    errors_.push_back({origin.file_line_column(), path, std::move(text)});
  }

  // The place of the key at `path`, or of the entry that has its default.
  const Origin& origin_of(std::string_view path) const {
    for (;;) {
      if (const Value* value = find_value(config_.tree(), path)) return value->origin;
      const std::size_t dot = path.rfind('.');
      if (dot == std::string_view::npos) return config_.tree().origin;
      path = path.substr(0, dot);
    }
  }

  // True when an earlier check found a fault that bears on which entries `map` has.
  bool is_faulty(std::string_view map) const {
    return std::ranges::any_of(faulty_, [map](const std::string& key) {
      return key.empty() || is_at_or_below(key, map) || is_at_or_below(map, key);
    });
  }

  void check_required(const Value& value, const SchemaNode& node, const std::string& path) {
    if (!value.is_map()) return;
    for (const auto& [name, child] : node.fixed)
      if (child->row && child->row->required == Required::yes && !value.find(name) &&
          !faulty_.contains(join_path(path, name)))
        add_error(value.origin, path, "needs " + json_quoted(name) + ", " + expected(*child->row));
    for (const Member& member : value.members) {
      const SchemaNode* child = node.child(member.key);
      if (child && !child->is_key()) check_required(member.value, *child, join_path(path, member.key));
    }
  }

  // Each name that the key at `path` gives must be an entry of `map`.
  void check_names(const std::string& path, const std::string& map, std::string_view noun) {
    if (is_faulty(map)) return;
    for (const Value* reference : references(path)) {
      const Origin& origin = reference->origin.source ? reference->origin : origin_of(path);
      check_name(reference->text, origin, path, map, noun);
    }
  }

  void check_name(const std::string& name, const Origin& origin, const std::string& path,
                  const std::string& map, std::string_view noun) {
    const std::vector<std::string> names = config_.names(map);
    if (std::ranges::find(names, name) != names.end()) return;
    std::string text = "there is no " + std::string(noun) + " " + json_quoted(name) + " in " + map;
    if (const auto near = nearest(name, names))
      text += "; did you mean " + json_quoted(*near) + "?";
    else if (is_valid_name(name))
      text += "; add " + join_path(map, name) + ", or correct the name";
    add_error(origin, path, std::move(text));
  }

  bool is_enabled(const std::string& entry) const { return config_.get_bool(entry + ".enable"); }

  void check_listeners() {
    for (const std::string& name : config_.names("listeners")) {
      const std::string path = "listeners." + name;
      if (!is_enabled(path)) continue;
      check_names(path + ".stack", "plugins", "plugin");
      check_names(path + ".auth", "auth.chain", "entry");
      check_auth_enabled(path + ".auth");
      check_bind(path);
    }
  }

  void check_cluster() {
    const Value* tls = find_value(config_.tree(), "cluster.tls");
    if (!tls || !tls->is_map() || tls->members.empty()) return;
    for (const char* option : {"certificate", "key", "ca"})
      if (!tls->find(option))
        add_error(tls->origin, "cluster.tls",
                  "needs " + json_quoted(option) + ": nodes prove to each other who they are");
    const Value* asked = tls->find("client_certificate");
    if (asked && asked->text != "required")
      add_error(asked->origin, "cluster.tls.client_certificate",
                "can only be \"required\": nodes prove to each other who they are");
  }

  // A listener that counts on an entry which is switched off would let in whom that entry was to stop.
  void check_auth_enabled(const std::string& path) {
    if (is_faulty("auth.chain")) return;
    for (const Value* reference : references(path)) {
      const std::string entry = "auth.chain." + reference->text;
      if (is_valid_name(reference->text) && find_value(config_.tree(), entry) && !is_enabled(entry))
        add_error(reference->origin, path,
                  json_quoted(reference->text) + " is switched off by " + entry + ".enable, " +
                      config_.origin(entry + ".enable") + "; take it out of the list, or switch it on");
    }
  }

  void check_bind(const std::string& path) {
    const std::int64_t port = config_.get_int(path + ".port");
    std::string bind(config_.get_string(path + ".bind"));
    const bool on_network = !bind.starts_with("unix:");
    if (on_network && port == 0) return;
    if (on_network) bind += " port " + std::to_string(port);
    const auto [first, added] = binds_.emplace(bind, path);
    if (!added)
      add_error(origin_of(path + (on_network ? ".port" : ".bind")), path,
                "takes " + bind + ", which " + first->second + " takes already");
  }

  void check_auth_chain() {
    if (is_faulty("plugins")) return;
    for (const std::string& name : config_.names_in_order("auth.chain")) {
      const std::string path = "auth.chain." + name;
      check_name(name, origin_of(path), path, "plugins", "plugin");
    }
  }

  void check_observers() {
    if (is_faulty("plugins")) return;
    for (const std::string& name : config_.names("events"))
      check_name(name, origin_of("events." + name), "events." + name, "plugins", "plugin");
  }

  void check_interceptors() {
    if (is_faulty("plugins")) return;
    for (const std::string& name : config_.names("intercept"))
      check_name(name, origin_of("intercept." + name), "intercept." + name, "plugins", "plugin");
  }

  void check_engines() {
    std::map<std::string, std::string> paths;
    for (const std::string& name : config_.names("engines")) {
      const std::string entry = "engines." + name;
      check_names(entry + ".plugin", "plugins", "plugin");
      const std::string key = entry + ".path";
      const std::string path(config_.has(key) ? config_.get_string(key) : name);
      const auto [first, added] = paths.emplace(path, entry);
      if (!added)
        add_error(origin_of(key), entry,
                  "keeps its files in " + json_quoted(path) + ", as " + first->second +
                      " does; stores that share an engine name the same one");
    }
  }

  void check_stores() {
    for (const char* store : {"dist", "inbox", "meta", "retain"}) {
      const std::string path = std::string("stores.") + store;
      check_names(path + ".state", "engines", "engine");
      check_names(path + ".log", "engines", "engine");
      if (is_faulty("plugins")) continue;
      const std::string balancers = path + ".balancers";
      for (const std::string& name : config_.names_in_order(balancers))
        check_name(name, origin_of(join_path(balancers, name)), join_path(balancers, name), "plugins",
                   "plugin");
    }
  }

  const Config& config_;
  std::vector<ConfigError>& errors_;
  std::set<std::string> faulty_;              // the keys of earlier errors
  std::map<std::string, std::string> binds_;  // what listeners take, and which one
};

}  // namespace

void cross_check(const Config& config, std::vector<ConfigError>& errors) {
  CrossCheck(config, errors).run();
}

}  // namespace tenon::config
