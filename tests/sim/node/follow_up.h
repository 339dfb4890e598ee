#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "service/dist/dist_key.h"
#include "service/dist/route_sink.h"
#include "service/retain/retain_sink.h"
#include "sim/world/trace.h"

namespace tenon::sim {

// What a node keeps in memory of the stores that it follows: stands for its matching index and for its copy
// of the retained messages, of one range each.

class FollowedRoutes final : public service::dist::RouteSink {
 public:
  void put(const service::dist::Route& route) override {
    routes_[service::dist::key_of(route)] = route.options.subscription_id;
  }
  void remove(const service::dist::Route& route) override { routes_.erase(service::dist::key_of(route)); }
  void clear(const IsOf&) override { routes_.clear(); }

  // The subscription id of the route; empty: there is no such route.
  std::optional<std::uint32_t> find(const std::string& key) const {
    const auto found = routes_.find(key);
    return found == routes_.end() ? std::nullopt : std::optional(found->second);
  }
  std::uint64_t digest() const {
    std::uint64_t digest = routes_.size();
    for (const auto& [key, id] : routes_) digest = digest_of(key, digest * 31 + id);
    return digest;
  }

 private:
  std::map<std::string, std::uint32_t> routes_;  // subscription ids by key
};

class FollowedRetained final : public service::retain::RetainSink {
 public:
  void follow(const session::MessageView& message) override {
    if (message.payload.empty())
      payloads_.erase(std::string(message.topic));
    else
      payloads_[std::string(message.topic)] = as_text(message.payload);
  }
  void clear(const std::function<bool(std::string_view topic)>&) override { payloads_.clear(); }

  std::uint64_t digest() const {
    std::uint64_t digest = payloads_.size();
    for (const auto& [topic, payload] : payloads_) digest = digest_of(payload, digest_of(topic, digest));
    return digest;
  }

 private:
  std::map<std::string, std::string> payloads_;  // by topic
};

}  // namespace tenon::sim
