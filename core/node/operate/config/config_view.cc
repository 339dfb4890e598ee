#include "node/operate/config/config_view.h"

namespace tenon::node {

namespace {

using config::PrintedKey;
using ByPath = std::map<std::string, const PrintedKey*>;

ByPath by_path(const std::vector<PrintedKey>& keys) {
  ByPath map;
  for (const PrintedKey& key : keys) map.emplace(key.path, &key);
  return map;
}

bool needs_restart(const PrintedKey& key) {
  return key.reload == config::Reload::restart;
}

}  // namespace

ConfigView::ConfigView(const config::Config& at_start) : files_(at_start.sources()) {
  for (PrintedKey& key : config::printed_keys(at_start)) used_.push_back({std::move(key), false});
}

void ConfigView::take(const config::Config& changed) {
  const std::vector<PrintedKey> keys = config::printed_keys(changed);
  ByPath left = by_path(keys);
  std::vector<Used> used;
  for (Used& one : used_) {
    const auto found = left.find(one.key.path);
    const PrintedKey* now = found == left.end() ? nullptr : found->second;
    if (found != left.end()) left.erase(found);
    if (needs_restart(one.key)) {
      one.is_waiting = !now || now->content != one.key.content;
      // Another file may say the same.
      if (now && !one.is_waiting) one.key.origin = now->origin;
      used.push_back(std::move(one));
    } else if (now) {
      used.push_back({*now, false});
    }
  }
  waiting_new_.clear();
  for (const PrintedKey& key : keys) {
    if (!left.contains(key.path)) continue;
    if (needs_restart(key))
      waiting_new_.push_back(key.path);
    else
      used.push_back({key, false});
  }
  used_ = std::move(used);
  files_ = changed.sources();
}

admin::ConfigReport ConfigView::report() const {
  admin::ConfigReport report;
  report.files = files_;
  for (const Used& one : used_)
    report.values.push_back(
        {one.key.path, one.key.json, one.key.origin, needs_restart(one.key), one.is_waiting});
  return report;
}

std::vector<admin::ConfigChange> ConfigView::changes_to(const config::Config& files) const {
  const std::vector<PrintedKey> keys = config::printed_keys(files);
  ByPath left = by_path(keys);
  std::vector<admin::ConfigChange> changes;
  for (const Used& one : used_) {
    const auto found = left.find(one.key.path);
    const PrintedKey* now = found == left.end() ? nullptr : found->second;
    if (found != left.end()) left.erase(found);
    if (now && now->content == one.key.content) continue;
    admin::ConfigChange& change = changes.emplace_back();
    change.key = one.key.path;
    change.before = one.key.json;
    change.needs_restart = needs_restart(one.key);
    if (!now) continue;
    change.after = now->json;
    change.origin = now->origin;
  }
  for (const PrintedKey& key : keys)
    if (left.contains(key.path))
      changes.push_back({key.path, std::nullopt, key.json, key.origin, needs_restart(key)});
  return changes;
}

std::vector<std::string> ConfigView::waiting() const {
  std::vector<std::string> keys;
  for (const Used& one : used_)
    if (one.is_waiting) keys.push_back(one.key.path);
  keys.insert(keys.end(), waiting_new_.begin(), waiting_new_.end());
  return keys;
}

}  // namespace tenon::node
