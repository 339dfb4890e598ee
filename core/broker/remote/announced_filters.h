#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/text/topic_syntax.h"
#include "broker/remote/own_routes.h"
#include "mqtt/types.h"

namespace tenon::broker {

// The filters of a stored session whose client is here, as other nodes are told of them, and that it is here
// if it is a member of a shared subscription. What it has told is taken back at its end. Belongs to one link.
class AnnouncedFilters {
 public:
  // `own` outlives this. `number`: of the session's inbox.
  AnnouncedFilters(OwnRoutes& own, std::uint64_t number) : own_(own), number_(number) {}
  ~AnnouncedFilters() {
    while (!told_.empty()) remove(std::string(told_.begin()->first));
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
    if (!is_new)
      own_.remove(filter, at->second);
    else if (is_shared(filter) && shared_count_++ == 0)
      own_.add(member_name(number_), OwnRoutes::Wants::all);
    at->second = wants;
  }
  bool has(std::string_view filter) const { return told_.contains(filter); }
  void remove(std::string_view filter) {
    const auto at = told_.find(filter);
    if (at == told_.end()) return;
    own_.remove(filter, at->second);
    told_.erase(at);
    if (is_shared(filter) && --shared_count_ == 0) own_.remove(member_name(number_), OwnRoutes::Wants::all);
  }

 private:
  static bool is_shared(std::string_view filter) { return split_filter(filter).sharing != Sharing::none; }

  OwnRoutes& own_;
  const std::uint64_t number_;
  std::size_t shared_count_ = 0;  // of told_
  std::map<std::string, OwnRoutes::Wants, std::less<>> told_;
};

}  // namespace tenon::broker
