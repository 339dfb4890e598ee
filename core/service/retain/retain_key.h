#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Keys of the store `retain`:
//
//   escaped tenant · each level of the topic, escaped
//
// so that a topic comes right before those below it, and the topics below one are next to each other.

namespace tenon::service::retain {

std::string tenant_prefix(std::string_view tenant);
std::string key_of(std::string_view tenant, std::string_view topic);
// The tenant under whose name the message of a topic is kept: whose clients know it. A view into `topic`, or
// of a constant.
std::string_view tenant_of(std::string_view topic);

struct KeyParts {
  std::string tenant;
  std::string topic;
};
// Empty: no key of this store.
std::optional<KeyParts> split_key(std::string_view key);

// Goes through the keys of a tenant whose topics a filter matches, by seeks past all that can't match.
class FilterSeek {
 public:
  // REQUIRES: is_topic_filter(filter).
  FilterSeek(std::string_view tenant, std::string_view filter);

  // Where the first match is, or behind it; empty: there is none.
  std::string first() const;
  const std::string& tenant_prefix() const { return prefix_; }

  struct Step {
    bool matches = false;
    // No match: the first key behind this one that may be one; empty: there is none.
    std::string seek;
  };
  // REQUIRES: `key` is one of the tenant's.
  Step look(std::string_view key) const;

 private:
  // The key of the topic's first `count` levels.
  std::string key_of_levels(const std::vector<std::string>& levels, std::size_t count) const;
  std::string behind(const std::vector<std::string>& levels, std::size_t count) const;
  Step at_mismatch(const std::vector<std::string>& levels, std::size_t at) const;
  Step at_end_of_topic(std::string_view key, const std::vector<std::string>& levels) const;

  std::string prefix_;
  std::vector<std::string> filter_;
  bool hides_dollar_ = false;  // [MQTT-4.7.2-1]
};

}  // namespace tenon::service::retain
