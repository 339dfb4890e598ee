#include "config/diff.h"

#include <map>

#include "config/config.h"
#include "config/effective.h"

namespace tenon::config {
namespace {

using Keys = std::map<std::string, EffectiveKey>;

Keys keys_of(const Config& config) {
  Keys keys;
  for (EffectiveKey& key : effective_keys(config)) {
    std::string path = key.path;
    keys.emplace(std::move(path), std::move(key));
  }
  return keys;
}

// True when `other` says the same of the key. An entry of a map is the same when it is there: its keys stand
// for themselves.
bool is_same(const EffectiveKey& key, const Keys& other) {
  const auto it = other.find(key.path);
  return it != other.end() && (key.row->type == Type::map || same_content(*key.value, *it->second.value));
}

}  // namespace

std::vector<Change> diff(const Config& before, const Config& after) {
  const Keys old_keys = keys_of(before);
  const Keys new_keys = keys_of(after);
  std::map<std::string, Reload> changed;
  for (const auto& [path, key] : old_keys)
    if (!is_same(key, new_keys)) changed.emplace(path, key.row->reload);
  for (const auto& [path, key] : new_keys)
    if (!is_same(key, old_keys)) changed.emplace(path, key.row->reload);
  std::vector<Change> changes;
  for (const auto& [path, reload] : changed) changes.push_back({path, reload});
  return changes;
}

}  // namespace tenon::config
