#include "config/effective.h"

#include <algorithm>
#include <utility>

#include "config/config.h"
#include "config/lookup.h"
#include "config/table/path.h"
#include "config/table/schema.h"

namespace tenon::config {
namespace {

// The names that `*` stands for below `parent`.
std::vector<std::string> chosen_names(const Value* parent, const SchemaNode& node) {
  std::vector<std::string> names;
  if (!parent) return names;
  for (const Member& member : parent->members)
    if (!node.fixed.contains(member.key)) names.push_back(member.key);
  std::ranges::sort(names);
  return names;
}

// One row of the table, unfolded over the names that the tree has for its `*`.
class Unfold {
 public:
  Unfold(const Value& tree, const Descriptor& row, std::vector<EffectiveKey>& keys)
      : tree_(tree), row_(row), keys_(keys) {}

  void unfold(const std::vector<std::string>& words, std::size_t at, std::vector<std::string> path) {
    if (at == words.size()) return add(path);
    if (words[at] != "*") {
      path.push_back(words[at]);
      return unfold(words, at + 1, std::move(path));
    }
    const SchemaNode& node = *find_node(path);
    for (std::string& name : chosen_names(find_value(tree_, path), node)) {
      std::vector<std::string> longer = path;
      longer.push_back(std::move(name));
      unfold(words, at + 1, std::move(longer));
    }
  }

 private:
  void add(const std::vector<std::string>& path) {
    const Value* value = effective_value(tree_, path, *find_node(path));
    if (!value) return;
    std::string name;
    for (const std::string& word : path) name = join_path(name, word);
    keys_.push_back({std::move(name), &row_, value});
  }

  const Value& tree_;
  const Descriptor& row_;
  std::vector<EffectiveKey>& keys_;
};

}  // namespace

std::vector<EffectiveKey> effective_keys(const Config& config) {
  std::vector<EffectiveKey> keys;
  for (const Topic& topic : topics())
    for (const Descriptor& row : topic.rows)
      for (const std::string& pattern : expand_pattern(row.path))
        Unfold(config.tree(), row, keys).unfold(split_path(pattern), 0, {});
  return keys;
}

}  // namespace tenon::config
