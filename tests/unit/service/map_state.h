#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kv/state_view.h"

namespace tenon::service {

// The content of a range in a std::map.
class MapState final : public kv::State {
 public:
  using Items = std::map<std::string, std::string, std::less<>>;

  Result<std::optional<std::string>> get(std::string_view key) const override {
    const auto at = items.find(key);
    return at == items.end() ? std::optional<std::string>() : std::optional<std::string>(at->second);
  }
  Status scan(std::string_view begin, std::string_view end, const Visit& visit) const override {
    for (auto at = items.lower_bound(begin); at != items.end() && (end.empty() || at->first < end); ++at) {
      ++visited;
      if (!visit(at->first, at->second)) break;
    }
    return {};
  }
  void put(std::string_view key, std::string_view value) override {
    items.insert_or_assign(std::string(key), std::string(value));
  }
  void insert(std::string_view key, std::string_view value) override {
    EXPECT_TRUE(items.emplace(key, value).second) << "insert() of what is there";
  }
  void erase(std::string_view key) override { items.erase(std::string(key)); }

  Items items;
  mutable std::size_t visited = 0;  // items that scans have shown
};

}  // namespace tenon::service
