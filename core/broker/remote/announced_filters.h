#pragma once

#include <map>
#include <string>
#include <string_view>

#include "broker/remote/own_routes.h"
#include "mqtt/types.h"

namespace tenon::broker {

// The filters of a stored session whose client is here, as other nodes are told of them. What it has told is
// taken back at its end. Belongs to one link.
class AnnouncedFilters {
 public:
  // `own` outlives this.
  explicit AnnouncedFilters(OwnRoutes& own) : own_(own) {}
  ~AnnouncedFilters() {
    for (const auto& [filter, wants] : told_) own_.remove(filter, wants);
  }
  AnnouncedFilters(const AnnouncedFilters&) = delete;
  AnnouncedFilters& operator=(const AnnouncedFilters&) = delete;

  // `qos`: of the subscription. Messages that reach it with QoS 0 do not wait in its inbox.
  void put(std::string_view filter, mqtt::QoS qos) {
    const OwnRoutes::Wants wants =
        qos == mqtt::QoS::at_most_once ? OwnRoutes::Wants::all : OwnRoutes::Wants::only_qos0;
    const auto [at, is_new] = told_.try_emplace(std::string(filter), wants);
    if (!is_new && at->second == wants) return;
    own_.add(filter, wants);
    if (!is_new) own_.remove(filter, at->second);
    at->second = wants;
  }
  bool has(std::string_view filter) const { return told_.contains(filter); }
  void remove(std::string_view filter) {
    const auto at = told_.find(filter);
    if (at == told_.end()) return;
    own_.remove(filter, at->second);
    told_.erase(at);
  }

 private:
  OwnRoutes& own_;
  std::map<std::string, OwnRoutes::Wants, std::less<>> told_;
};

}  // namespace tenon::broker
