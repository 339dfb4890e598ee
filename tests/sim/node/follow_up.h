#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/tenant.h"
#include "kv/state_view.h"
#include "service/dist/dist_key.h"
#include "service/dist/route_sink.h"
#include "service/retain/retain_key.h"
#include "service/retain/retain_sink.h"
#include "sim/world/trace.h"

namespace tenon::sim {

// What a node keeps in memory of the stores that it follows: stands for its matching index and for its copy
// of the retained messages, of all its ranges.

class FollowedRoutes final : public service::dist::RouteSink {
 public:
  void put(const service::dist::Route& route) override {
    const std::string key = service::dist::key_of(route);
    routes_[key] = route.options.subscription_id;
    in_doubt_.erase(key);
  }
  void remove(const service::dist::Route& route) override { routes_.erase(service::dist::key_of(route)); }
  void load_begins(const IsOf& is_of_range) override {
    in_doubt_.clear();
    for (const auto& [key, id] : routes_) {
      const auto parts = service::dist::split_key(key);
      if (is_of_range(parts->tenant, parts->filter)) in_doubt_.insert(key);
    }
  }
  void load_ends(bool is_whole) override {
    if (is_whole)
      for (const std::string& key : in_doubt_) routes_.erase(key);
  }

  // The subscription id of the route; empty: there is no such route.
  std::optional<std::uint32_t> find(const std::string& key) const {
    const auto found = routes_.find(key);
    return found == routes_.end() ? std::nullopt : std::optional(found->second);
  }
  std::uint64_t digest(const kv::StateView& state) const {
    std::uint64_t digest = 0;
    for (const auto& [key, id] : routes_)
      if (state.covers(key)) digest = digest_of(key, digest * 31 + id);
    return digest;
  }

 private:
  std::map<std::string, std::uint32_t> routes_;  // subscription ids by key
  std::set<std::string> in_doubt_;               // of a range that is being loaded
};

class FollowedRetained final : public service::retain::RetainSink {
 public:
  void follow(const session::MessageView& message) override {
    in_doubt_.erase(std::string(message.topic));
    if (message.payload.empty())
      payloads_.erase(std::string(message.topic));
    else
      payloads_[std::string(message.topic)] = as_text(message.payload);
  }
  void refuse(const session::MessageView&, const session::MessageView&) override {}
  void load_begins(const std::function<bool(std::string_view topic)>& is_of_range) override {
    in_doubt_.clear();
    for (const auto& [topic, payload] : payloads_)
      if (is_of_range(topic)) in_doubt_.insert(topic);
  }
  void load_ends(bool is_whole) override {
    if (is_whole)
      for (const std::string& topic : in_doubt_) payloads_.erase(topic);
  }

  std::uint64_t digest(const kv::StateView& state) const {
    std::uint64_t digest = 0;
    for (const auto& [topic, payload] : payloads_)
      if (state.covers(service::retain::key_of(default_tenant, topic)))
        digest = digest_of(payload, digest_of(topic, digest));
    return digest;
  }

 private:
  std::map<std::string, std::string> payloads_;  // by topic
  std::set<std::string> in_doubt_;               // of a range that is being loaded
};

}  // namespace tenon::sim
