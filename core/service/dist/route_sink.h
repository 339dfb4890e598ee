#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "routing/subscription.h"

namespace tenon::service::dist {

// One route: messages that the filter matches go to the inbox.
struct Route {
  std::string_view tenant;
  std::string_view filter;  // as the client wrote it, $share and $oshare included
  std::string_view client_id;
  std::uint64_t number = 0;  // of the inbox
  routing::SubscriptionOptions options;
};

// What follows the routes of all ranges of this node, such as its matching index. Called while commands are
// applied; the views live for the call.
class RouteSink {
 public:
  // Adds or replaces; a route is told apart by all but its options.
  virtual void put(const Route& route) = 0;
  virtual void remove(const Route& route) = 0;
  // Whether a route of this filter is in a range.
  using IsOf = std::function<bool(std::string_view tenant, std::string_view filter)>;
  // All routes of a range come by put(), until load_ends(). Those that are known of it, and do not come, are
  // forgotten only then: whoever matches meanwhile misses none that was there before and is there behind it.
  virtual void load_begins(const IsOf& is_of_range) = 0;
  // `is_whole`: all have come. Else nothing is forgotten.
  virtual void load_ends(bool is_whole) = 0;

 protected:
  ~RouteSink() = default;
};

}  // namespace tenon::service::dist
