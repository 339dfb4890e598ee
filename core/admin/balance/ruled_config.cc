#include "admin/balance/ruled_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "admin/balance/masked_value.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;
using Values = std::vector<ConfigValue>;

ConfigValue* find(Values& values, const std::string& key) {
  const auto found =
      std::find_if(values.begin(), values.end(), [&](const ConfigValue& value) { return value.key == key; });
  return found == values.end() ? nullptr : &*found;
}

// Behind the last key that begins with this; empty: there is none.
std::optional<std::ptrdiff_t> place_behind(const Values& values, const std::string& prefix) {
  const auto last = std::find_if(values.rbegin(), values.rend(),
                                 [&](const ConfigValue& value) { return value.key.starts_with(prefix); });
  if (last == values.rend()) return std::nullopt;
  return last.base() - values.begin();
}

// One balancer of one store.
class Laying {
 public:
  Laying(const BalancerRule& rule, Values& values)
      : store_("stores." + rule.store + "."),
        place_(store_ + "balancers." + rule.balancer + "."),
        plugin_("plugins." + rule.balancer + "."),
        values_(values) {}

  // A map is shown as the configuration shows it: a key for each value in it that is no map. What of it is
  // the configuration's own is as it was.
  void take(const std::string& name, const Json& value, const std::string& origin) {
    if (value.is_object() && !value.empty()) {
      for (const auto& [member, inner] : value.items()) take(name + "." + member, inner, origin);
      return;
    }
    const std::string json = value.dump();
    ConfigValue* present = find(values_, place_ + name);
    // Where the store says nothing, what the plugin has for all stores would hold.
    const ConfigValue* held = present ? present : find(values_, plugin_ + name);
    if (held && name.find('.') != name.rfind('.') && Json::parse(held->json, nullptr, false) == value) return;
    ConfigValue ruled{place_ + name, json, origin, false, false, std::nullopt, true};
    if (held) ruled.wins_over = {held->json, held->origin};
    if (present) {
      *present = std::move(ruled);
      return;
    }
    auto place = place_behind(values_, place_);
    if (!place) place = place_behind(values_, store_);
    values_.insert(values_.begin() + place.value_or(static_cast<std::ptrdiff_t>(values_.size())),
                   std::move(ruled));
  }

 private:
  const std::string store_;
  const std::string place_;
  const std::string plugin_;
  Values& values_;
};

}  // namespace

void lay_over(const RuleReport& rules, ConfigReport& config) {
  for (const BalancerRule& rule : rules.rules) {
    if (rule.version == 0) continue;
    Laying laying(rule, config.values);
    for (const BalancerRule::Value& said : rule.values)
      if (said.origin == "rule " + std::to_string(rule.version))
        laying.take(said.name, masked_value(said.name, Json::parse(said.json, nullptr, false)), said.origin);
  }
}

}  // namespace tenon::admin
