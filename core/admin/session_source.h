#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/tenant.h"

namespace tenon::admin {

// Takes what an action that takes time has come to, once; any thread.
template <class T>
using Then = std::function<void(Result<T>&& result)>;

// Whose session it is.
struct SessionName {
  std::string tenant = std::string(default_tenant);
  std::string client_id;
};

// Of the link of a connected client.
struct LinkStatus {
  std::string node;
  std::string address;
  std::string listener;
  std::string version;  // "5.0"
  std::string user;     // empty: none
  std::uint32_t keep_alive_s = 0;
  std::uint64_t connected_s = 0;
  std::uint32_t inflight_count = 0;
  std::uint64_t output_bytes = 0;
};

// Of a session that its range keeps.
struct StoredStatus {
  bool attached = false;             // a connection holds it
  std::string node;                  // where that is, or was; empty: nowhere
  std::uint32_t expiry_s = 0;        // never_expires_s: never
  UnixMs expires_at_ms = INT64_MAX;  // while it is detached; INT64_MAX: never
  bool has_will = false;
  std::uint64_t queue_count = 0;
  std::uint64_t queue_bytes = 0;
  std::uint64_t subscription_count = 0;

  static constexpr std::uint32_t never_expires_s = UINT32_MAX;
};

// One session. At least one of the two is there.
struct SessionStatus {
  SessionName name;
  std::optional<LinkStatus> link;
  std::optional<StoredStatus> stored;
};

struct SubscriptionStatus {
  std::string filter;
  std::optional<std::uint32_t> qos;  // empty: the session lives by its connection, and its node does not tell
  bool no_local = false;
  bool retain_as_published = false;
  std::uint32_t subscription_id = 0;  // 0: none
};

struct SessionDetail {
  SessionStatus session;
  std::vector<SubscriptionStatus> subscriptions;
  bool more_subscriptions = false;  // than are told
  std::vector<std::string> missing_nodes;
};

struct SessionQuery {
  enum class State : std::uint8_t { any, connected, disconnected };
  std::optional<std::string> tenant;  // empty: all
  std::string prefix;                 // that client ids begin with
  std::string node;                   // where the client is connected; empty: anywhere
  State state = State::any;
  std::string cursor;  // empty: from the first
  std::uint32_t limit = 100;
};

struct SessionPage {
  std::vector<SessionStatus> sessions;     // in the order of their keys
  std::optional<std::string> cursor;       // empty: that was the last page
  std::vector<std::string> missing_nodes;  // that have not answered: their clients may lack here
};

// A stored session's routes, for all or for one filter.
struct RouteStatus {
  SessionName name;
  SubscriptionStatus subscription;
};
struct RouteQuery {
  std::string tenant = std::string(default_tenant);
  std::string prefix;  // that filters begin with
  std::string cursor;  // empty: from the first
  std::uint32_t limit = 100;
};
struct RoutePage {
  std::vector<RouteStatus> routes;
  std::optional<std::string> cursor;
};

struct Kicked {
  std::uint32_t connections = 0;
  std::vector<std::string> missing_nodes;  // that have not answered: the client may be there
};

struct EndedSession {
  bool was_stored = false;
  std::uint32_t connections = 0;
  std::vector<std::string> missing_nodes;
};

// Sessions of the whole cluster, whichever node is asked: the node implements it. To be called on the thread
// of the API; each action ends within some seconds, at the latest with timed_out.
class SessionSource {
 public:
  virtual ~SessionSource() = default;
  virtual void list(const SessionQuery& query, Then<SessionPage> then) = 0;
  // not_found: no such session, and no such client.
  virtual void show(const SessionName& name, Then<SessionDetail> then) = 0;
  // Ends the client's connection; a stored session stays. not_found: nobody is connected.
  virtual void kick(const SessionName& name, Then<Kicked> then) = 0;
  // Ends the session and its connection: what was stored is gone, its will is published. not_found as show().
  virtual void end(const SessionName& name, Then<EndedSession> then) = 0;
  // Subscribes a stored session, or changes the options of a subscription; true: it was there before.
  // not_found: no such stored session.
  virtual void subscribe(const SessionName& name, const SubscriptionStatus& subscription,
                         Then<bool> then) = 0;
  // True: it was there.
  virtual void unsubscribe(const SessionName& name, const std::string& filter, Then<bool> then) = 0;
  // Routes of stored sessions, in the order of their filters.
  virtual void routes(const RouteQuery& query, Then<RoutePage> then) = 0;
};

}  // namespace tenon::admin
