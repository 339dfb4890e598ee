#pragma once

#include <string>

#include "admin/session_source.h"
#include "broker/operate/link_census.h"
#include "broker/operate/node_asks.h"
#include "broker/shard.h"

namespace tenon::node {

// What operators see of sessions and do to them, over the whole cluster: nodes are asked for their links,
// ranges for what they keep. Also answers what other nodes ask of this one's links. On worker 0.
class SessionDesk final : public admin::SessionSource {
 public:
  // `home` is the shard of worker 0. All outlive this.
  SessionDesk(broker::Shard& home, broker::NodeAsks& asks, broker::LinkCensus& census)
      : home_(home), asks_(asks), census_(census) {}

  // Answers a LinkQuestion of a node; nothing else is expected.
  void answer(std::string_view question, broker::NodeAsks::Reply reply);

  void list(const admin::SessionQuery& query, admin::Then<admin::SessionPage> then) override;
  void show(const admin::SessionName& name, admin::Then<admin::SessionDetail> then) override;
  void kick(const admin::SessionName& name, admin::Then<admin::Kicked> then) override;
  void end(const admin::SessionName& name, admin::Then<admin::EndedSession> then) override;
  void subscribe(const admin::SessionName& name, const admin::SubscriptionStatus& subscription,
                 admin::Then<bool> then) override;
  void unsubscribe(const admin::SessionName& name, const std::string& filter,
                   admin::Then<bool> then) override;
  void routes(const admin::RouteQuery& query, admin::Then<admin::RoutePage> then) override;

 private:
  struct Showing;

  // Runs fn in a turn of the shard's, so that what it asks for leaves at the turn's end.
  template <class Fn>
  void in_turn(Fn fn) {
    home_.worker().post(make_task([this, fn = std::move(fn)]() mutable {
      home_.enter();
      fn();
    }));
  }
  void ask_links(broker::LinkAction action, const admin::SessionName& name, broker::NodeAsks::Done done);
  void end_stored(const admin::SessionName& name, std::uint64_t number, const admin::EndedSession& kicked,
                  admin::Then<admin::EndedSession> then);
  // Adds the connections that are sent away to those of `before`.
  void kick_of(const admin::SessionName& name, const admin::EndedSession& before,
               std::function<void(const admin::EndedSession&)> then);
  struct FoundSession {
    std::uint64_t number = 0;  // of the inbox
    std::uint64_t epoch = 0;
  };
  // The session of that name; not_found: it is not stored.
  void find_stored(const admin::SessionName& name, std::function<void(Result<FoundSession>&&)> then);

  broker::Shard& home_;
  broker::NodeAsks& asks_;
  broker::LinkCensus& census_;
};

}  // namespace tenon::node
