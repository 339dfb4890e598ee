#include "service/retain/retain_key.h"

#include "base/text/tenant_topic.h"
#include "kv/state_view.h"
#include "service/store_key.h"

namespace tenon::service::retain {

namespace {

std::vector<std::string> split_levels(std::string_view topic) {
  std::vector<std::string> levels;
  for (;;) {
    const std::size_t slash = topic.find('/');
    levels.emplace_back(topic.substr(0, slash));
    if (slash == std::string_view::npos) return levels;
    topic.remove_prefix(slash + 1);
  }
}

// Empty: it is not a list of whole levels.
std::optional<std::vector<std::string>> take_levels(std::string_view key) {
  std::vector<std::string> levels;
  while (!key.empty()) {
    auto level = take_escaped(key);
    if (!level) return std::nullopt;
    levels.push_back(std::move(*level));
  }
  if (levels.empty()) return std::nullopt;
  return levels;
}

// The first key behind `key`.
std::string behind_key(std::string_view key) {
  return std::string(key) + '\0';
}

}  // namespace

std::string tenant_prefix(std::string_view tenant) {
  std::string prefix;
  append_escaped(prefix, tenant);
  return prefix;
}

std::string key_of(std::string_view tenant, std::string_view topic) {
  std::string key = tenant_prefix(tenant);
  for (const std::string& level : split_levels(topic)) append_escaped(key, level);
  return key;
}

std::string_view tenant_of(std::string_view topic) {
  const std::string_view tenant = tenant_of_topic(topic);
  return is_tenant_name(tenant) ? tenant : default_tenant;
}

std::optional<KeyParts> split_key(std::string_view key) {
  auto tenant = take_escaped(key);
  if (!tenant) return std::nullopt;
  const auto levels = take_levels(key);
  if (!levels) return std::nullopt;
  KeyParts parts{std::move(*tenant), levels->front()};
  for (std::size_t i = 1; i < levels->size(); ++i) parts.topic.append("/").append((*levels)[i]);
  return parts;
}

FilterSeek::FilterSeek(std::string_view tenant, std::string_view filter)
    : prefix_(retain::tenant_prefix(tenant)), filter_(split_levels(filter)) {
  hides_dollar_ = filter_.front() == "+" || filter_.front() == "#";
}

std::string FilterSeek::first() const {
  std::string key = prefix_;
  for (const std::string& level : filter_) {
    if (level == "+" || level == "#") break;
    append_escaped(key, level);
  }
  return key;
}

std::string FilterSeek::key_of_levels(const std::vector<std::string>& levels, std::size_t count) const {
  std::string key = prefix_;
  for (std::size_t i = 0; i < count; ++i) append_escaped(key, levels[i]);
  return key;
}

// The first key behind all topics that begin with these levels.
std::string FilterSeek::behind(const std::vector<std::string>& levels, std::size_t count) const {
  return kv::end_of_prefix(key_of_levels(levels, count));
}

FilterSeek::Step FilterSeek::look(std::string_view key) const {
  const auto levels = take_levels(key.substr(prefix_.size()));
  if (!levels) return {false, behind_key(key)};
  if (hides_dollar_ && levels->front().starts_with('$')) return {false, prefix_ + '%'};
  for (std::size_t at = 0; at < levels->size(); ++at) {
    if (at == filter_.size()) return {false, behind(*levels, at)};
    if (filter_[at] == "#") return {true, {}};
    if (filter_[at] != "+" && filter_[at] != (*levels)[at]) return at_mismatch(*levels, at);
  }
  return at_end_of_topic(key, *levels);
}

// The level at `at` is not the one that the filter names there.
FilterSeek::Step FilterSeek::at_mismatch(const std::vector<std::string>& levels, std::size_t at) const {
  std::string seek = key_of_levels(levels, at);
  if (levels[at] < filter_[at]) {
    append_escaped(seek, filter_[at]);
    return {false, std::move(seek)};
  }
  return {false, at == 0 ? std::string() : kv::end_of_prefix(seek)};
}

// The topic has no more levels than those that match.
FilterSeek::Step FilterSeek::at_end_of_topic(std::string_view key,
                                             const std::vector<std::string>& levels) const {
  const std::size_t count = levels.size();
  // "a/#" matches "a" too (MQTT 5.0 §4.7.1.2).
  if (count == filter_.size() || filter_[count] == "#") return {true, {}};
  if (filter_[count] == "+") return {false, behind_key(key)};
  std::string seek(key);
  append_escaped(seek, filter_[count]);
  return {false, std::move(seek)};
}

}  // namespace tenon::service::retain
