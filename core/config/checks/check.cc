#include "config/checks/check.h"

#include <string>
#include <utility>

#include "config/checks/check_value.h"
#include "config/json/json_writer.h"
#include "config/table/nearest.h"
#include "config/table/path.h"
#include "config/table/schema.h"

namespace tenon::config {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// The full name of a key that ends with `word` but stands elsewhere in the tree ("workers": node.workers);
// empty when there is none, or more than one.
std::string elsewhere(const SchemaNode& node, std::string_view word, const std::string& path) {
  std::string found;
  for (const auto& [name, child] : node.fixed) {
    const std::string child_path = join_path(path, name);
    std::string hit = child->is_key() && name == word ? child_path : elsewhere(*child, word, child_path);
    if (hit.empty()) continue;
    if (!found.empty()) return {};
    found = std::move(hit);
  }
  return found;
}

// What an operator may look for that is no key, and why it is none.
struct NoKey {
  std::string_view path;
  std::string_view why;
};
constexpr NoKey no_keys[] = {
    {"services.dist.server",
     "every node that serves clients matches messages itself; services.dist.worker.enable says who "
     "keeps routes"},
    {"services.inbox.server",
     "nodes that have a session's range answer for it; services.inbox.store.enable says who takes ranges"},
    {"services.retain.server",
     "every node that serves clients looks retained messages up itself; services.retain.store.enable says "
     "who keeps them"},
    {"services.dict",
     "who is connected where is known to all nodes that serve clients, and can't be switched off alone"},
};

std::string unknown_key(const SchemaNode& node, const std::string& path, const std::string& key) {
  for (const NoKey& none : no_keys)
    if (none.path == path) return "there is no such part to switch: " + std::string(none.why);
  const std::vector<std::string> allowed = node.allowed();
  std::string text = "unknown key";
  if (const auto near = nearest(key, allowed))
    text += "; did you mean " + json_quoted(*near) + "?";
  else if (const std::string full = elsewhere(schema(), key, ""); !full.empty())
    text += "; did you mean " + full + "?";
  else
    text += ".";
  return text + " Allowed here: " + joined(allowed);
}

// One walk over one source.
class Check {
 public:
  explicit Check(std::vector<ConfigError>& errors) : errors_(errors) {}

  // True when `value` may stay as what `node` describes.
  bool check(Value& value, const SchemaNode& node, const std::string& path) {
    if (value.kind == Kind::null) return true;
    if (!node.is_key()) return check_map(value, node, path);
    const std::string fault = fault_of(value, *node.row);
    return fault.empty() || refuse(value.origin, path, fault);
  }

 private:
  bool refuse(const Origin& origin, const std::string& path, std::string text) {
    errors_.push_back({origin.file_line_column(), path, std::move(text)});
    return false;
  }

  bool check_map(Value& value, const SchemaNode& node, const std::string& path) {
    if (!value.is_map())
      return refuse(value.origin, path, "expects a map, { ... }, found " + found(value, Secret::no));
    std::vector<Member> kept;
    for (Member& member : value.members)
      if (check_member(member, node, join_path(path, member.key))) kept.push_back(std::move(member));
    value.members = std::move(kept);
    return true;
  }

  bool check_member(Member& member, const SchemaNode& parent, const std::string& path) {
    const SchemaNode* node = parent.child(member.key);
    if (!node) return refuse(member.key_origin, path, unknown_key(parent, path, member.key));
    if (node != parent.any.get()) return check(member.value, *node, path);
    if (!is_valid_name(member.key))
      return refuse(
          member.key_origin, path,
          "a name is 1 to 64 of a-z, A-Z, 0-9, \"-\" and \"_\", and starts with a letter or a digit");
    return check_entry(member, parent, path);
  }

  // An entry under a chosen name. Where fixed keys stand beside the names, a slip in one of those looks like
  // a name with the wrong content.
  bool check_entry(Member& member, const SchemaNode& parent, const std::string& path) {
    Value& value = member.value;
    if (value.is_map() || value.kind == Kind::null || parent.fixed.empty())
      return check(value, *parent.any, path);
    std::vector<std::string> fixed;
    for (const auto& [name, node] : parent.fixed) fixed.push_back(name);
    std::string text = "expects a map, { ... }, found " + found(value, Secret::no);
    if (const auto near = nearest(member.key, fixed)) text += "; did you mean " + json_quoted(*near) + "?";
    return refuse(value.origin, path, std::move(text));
  }

  std::vector<ConfigError>& errors_;
};

}  // namespace

void check_source(Value& root, std::vector<ConfigError>& errors) {
  if (!Check(errors).check(root, schema(), "")) root = Value::make_map(root.origin);
}

}  // namespace tenon::config
