#include "base/text/tenant_topic.h"
#include "base/text/topic_syntax.h"
#include "kv/state_view.h"
#include "node/operate/link_answers.h"
#include "node/operate/range_questions.h"
#include "node/operate/session_desk.h"
#include "service/dist/dist_key.h"
#include "service/dist/dist_ops.h"
#include "service/inbox/inbox_queries.h"
#include "service/store_key.h"

// Subscriptions of stored sessions. As with those of clients, the route comes first and the session's own
// record behind it, and the other way round when they go: what the record has is routed.

namespace tenon::node {

namespace dist = service::dist;
namespace inbox = service::inbox;
using mqtt::ReasonCode;

namespace {

// Whether the op took effect; what else it came to as an error.
Result<bool> existed_before(const admin::SessionName& name, const Result<inbox::SubscriptionReply>& reply) {
  if (!reply.ok()) return reply.error();
  switch (reply->status) {
    case inbox::OpStatus::ok:
      return reply->existed;
    case inbox::OpStatus::gone:
      return no_such_session(name);
    case inbox::OpStatus::stale:
    case inbox::OpStatus::full:
      break;
  }
  return Error{Errc::invalid,
               "the session has as many subscriptions as mqtt.subscriptions_per_session_max "
               "allows"};
}

// As the tables know it: no operator subscribes a client to topics of another tenant by mistake.
std::string filter_of(const admin::SessionName& name, const std::string& as_written) {
  const std::string prefix = is_tenant_name(name.tenant) ? tenant_prefix(name.tenant) : std::string();
  if (split_filter(as_written).pattern.starts_with(prefix)) return as_written;
  return filter_with_prefix(prefix, as_written);
}

// What the keys of filters that begin like this begin with.
std::string key_prefix(const admin::RouteQuery& query) {
  std::string key = dist::filter_prefix(query.tenant, query.prefix);
  constexpr std::size_t end_mark_bytes = 2;
  key.resize(key.size() - end_mark_bytes);
  return key;
}

}  // namespace

void SessionDesk::subscribe(const admin::SessionName& name, const admin::SubscriptionStatus& as_written,
                            admin::Then<bool> then) {
  admin::SubscriptionStatus subscription = as_written;
  subscription.filter = filter_of(name, as_written.filter);
  in_turn([this, name, subscription, then = std::move(then)] {
    find_stored(name, [this, name, subscription, then](Result<FoundSession>&& found) {
      if (!found.ok()) return then(found.error());
      const broker::InboxOwner owner{name.tenant, name.client_id};
      const routing::SubscriptionOptions options = options_of(subscription);
      auto routed = std::make_shared<broker::Countdown>();
      routed->start_one();
      home_.change_route({owner, found->number, subscription.filter, options, routed, found->epoch});
      routed->wait([this, name, owner, subscription, options, number = found->number, then](ReasonCode code) {
        if (mqtt::is_failure(code)) return then(no_answer_of_range());
        inbox::Subscribe put;
        put.owner = owner.view();
        put.number = number;
        put.filter = subscription.filter;
        put.options = {options};
        put.count_max = home_.context().subscriptions_per_session_max;
        command_range<inbox::Op>(home_, store::StoreId::inbox, inbox::owner_prefix(owner.view()), put,
                                 [this, name, owner, filter = subscription.filter, number,
                                  then](Result<inbox::SubscriptionReply>&& reply) {
                                   Result<bool> existed = existed_before(name, reply);
                                   // Without its record nobody would remove the route of a session that is
                                   // there.
                                   if (reply.ok() && !existed.ok())
                                     home_.change_route({owner, number, filter, {}, nullptr, reply->epoch});
                                   then(std::move(existed));
                                 });
      });
    });
  });
}

void SessionDesk::unsubscribe(const admin::SessionName& name, const std::string& as_written,
                              admin::Then<bool> then) {
  const std::string filter = filter_of(name, as_written);
  in_turn([this, name, filter, then = std::move(then)] {
    find_stored(name, [this, name, filter, then](Result<FoundSession>&& found) {
      if (!found.ok()) return then(found.error());
      const broker::InboxOwner owner{name.tenant, name.client_id};
      inbox::Unsubscribe remove;
      remove.owner = owner.view();
      remove.number = found->number;
      remove.filter = filter;
      command_range<inbox::Op>(home_, store::StoreId::inbox, inbox::owner_prefix(owner.view()), remove,
                               [this, name, owner, filter, number = found->number,
                                then](Result<inbox::SubscriptionReply>&& reply) {
                                 const Result<bool> existed = existed_before(name, reply);
                                 if (!existed.ok()) return then(existed.error());
                                 home_.change_route({owner, number, filter, {}, nullptr, reply->epoch});
                                 then(*existed);
                               });
    });
  });
}

namespace {

// The page while it is filled, from one range after the other.
struct RouteListing {
  admin::RouteQuery query;
  std::string prefix;
  admin::RoutePage page;
  admin::Then<admin::RoutePage> then;
};

void ask_routes(broker::Shard& shard, const std::shared_ptr<RouteListing>& listing, const std::string& from) {
  dist::ListRoutes question;
  question.cursor = from;
  question.count_max = listing->query.limit - static_cast<std::uint32_t>(listing->page.routes.size());
  ask_range<dist::Question>(
      shard, store::StoreId::dist, from, question,
      [&shard, listing, from](Result<dist::ListRoutes::Reply>&& reply, const std::string& end) {
        if (!reply.ok()) return listing->then(reply.error());
        for (const auto& route : reply->routes) {
          if (route.tenant != listing->query.tenant || !route.filter.starts_with(listing->query.prefix))
            return listing->then(std::move(listing->page));
          listing->page.routes.push_back({{std::string(route.tenant), std::string(route.client_id)},
                                          subscription_status(route.filter, route.options.options)});
        }
        std::string next(reply->cursor.empty() ? std::string_view(end) : reply->cursor);
        if (next.empty() || !(next < kv::end_of_prefix(listing->prefix)))
          return listing->then(std::move(listing->page));
        if (next <= from) return listing->then(no_answer_of_range());
        if (listing->page.routes.size() < listing->query.limit) return ask_routes(shard, listing, next);
        listing->page.cursor = std::move(next);
        listing->then(std::move(listing->page));
      });
}

}  // namespace

void SessionDesk::routes(const admin::RouteQuery& query, admin::Then<admin::RoutePage> then) {
  in_turn([this, query, then = std::move(then)] {
    auto listing = std::make_shared<RouteListing>();
    listing->query = query;
    listing->prefix = key_prefix(query);
    listing->then = then;
    ask_routes(home_, listing, std::max(query.cursor, listing->prefix));
  });
}

}  // namespace tenon::node
