#include "node/operate/session_desk.h"

#include "node/operate/link_answers.h"
#include "node/operate/range_questions.h"
#include "node/operate/session_list.h"
#include "service/inbox/inbox_ops.h"
#include "service/inbox/inbox_queries.h"

namespace tenon::node {

namespace inbox = service::inbox;

namespace {

constexpr std::uint32_t subscriptions_shown_max = 1000;

inbox::Owner owner_of(const admin::SessionName& name) {
  return {name.tenant, name.client_id};
}

}  // namespace

void SessionDesk::answer(std::string_view question, broker::NodeAsks::Reply reply) {
  const auto links = broker::read_remote<broker::LinkQuestion>(question);
  if (!links) return reply({});
  census_.answer(*links, [reply](broker::LinkAnswer&& answer) { reply(broker::write_remote(answer)); });
}

void SessionDesk::ask_links(broker::LinkAction action, const admin::SessionName& name,
                            broker::NodeAsks::Done done) {
  broker::LinkQuestion question;
  question.action = action;
  question.any_tenant = false;
  question.tenant = name.tenant;
  question.client_id = name.client_id;
  question.reason_code = static_cast<std::uint8_t>(mqtt::ReasonCode::administrative_action);
  asks_.ask_all(write_question(question), home_.time().mono_ns, std::move(done));
}

void SessionDesk::list(const admin::SessionQuery& query, admin::Then<admin::SessionPage> then) {
  in_turn([this, query, then = std::move(then)] {
    std::make_shared<SessionList>(home_, asks_, query, then)->start();
  });
}

// What is being told of one session: of its links, its record and its subscriptions, asked for at once.
struct SessionDesk::Showing {
  admin::SessionDetail detail;
  admin::Then<admin::SessionDetail> then;
  std::optional<Error> failure;
  int open = 3;

  void finish_one() {
    if (--open > 0) return;
    if (failure) return then(*failure);
    if (!detail.session.link && !detail.session.stored) return then(no_such_session(detail.session.name));
    then(std::move(detail));
  }
};

void SessionDesk::show(const admin::SessionName& name, admin::Then<admin::SessionDetail> then) {
  in_turn([this, name, then = std::move(then)]() mutable {
    auto showing = std::make_shared<Showing>();
    showing->detail.session.name = name;
    showing->then = std::move(then);
    ask_links(broker::LinkAction::show, name, [showing](broker::NodeAsks::Replies&& replies) {
      admin::SessionDetail& detail = showing->detail;
      for (const auto& [node, answer] : read_answers(replies, detail.missing_nodes))
        for (const broker::LinkRow& row : answer.rows) {
          detail.session.link = link_status(node, row);
          for (const std::string& filter : row.filters) detail.subscriptions.push_back({filter, {}});
        }
      showing->finish_one();
    });
    const std::string key = inbox::owner_prefix(owner_of(name));
    ask_range<inbox::Question>(home_, store::StoreId::inbox, key, inbox::GetSession{owner_of(name)},
                               [showing](Result<inbox::GetSession::Reply>&& reply, const std::string&) {
                                 if (!reply.ok())
                                   showing->failure = reply.error();
                                 else if (reply->session)
                                   showing->detail.session.stored = stored_status(*reply->session);
                                 showing->finish_one();
                               });
    ask_range<inbox::Question>(
        home_, store::StoreId::inbox, key,
        inbox::ListSubscriptions{owner_of(name), {}, subscriptions_shown_max},
        [showing](Result<inbox::ListSubscriptions::Reply>&& reply, const std::string&) {
          if (!reply.ok()) {
            showing->failure = reply.error();
          } else {
            for (const auto& subscription : reply->subscriptions)
              showing->detail.subscriptions.push_back(
                  subscription_status(subscription.filter, subscription.options.options));
            showing->detail.more_subscriptions = reply->more;
          }
          showing->finish_one();
        });
  });
}

void SessionDesk::kick(const admin::SessionName& name, admin::Then<admin::Kicked> then) {
  in_turn([this, name, then = std::move(then)] {
    ask_links(broker::LinkAction::kick, name, [name, then](broker::NodeAsks::Replies&& replies) {
      admin::Kicked kicked;
      for (const auto& [node, answer] : read_answers(replies, kicked.missing_nodes))
        kicked.connections += static_cast<std::uint32_t>(answer.rows.size());
      if (kicked.connections == 0 && kicked.missing_nodes.empty())
        return then(Error{Errc::not_found, "no client \"" + name.client_id + "\" is connected"});
      then(std::move(kicked));
    });
  });
}

void SessionDesk::find_stored(const admin::SessionName& name,
                              std::function<void(Result<FoundSession>&&)> then) {
  ask_range<inbox::Question>(home_, store::StoreId::inbox, inbox::owner_prefix(owner_of(name)),
                             inbox::GetSession{owner_of(name)},
                             [name, then](Result<inbox::GetSession::Reply>&& reply, const std::string&) {
                               if (!reply.ok()) return then(reply.error());
                               if (!reply->session) return then(no_such_session(name));
                               then(FoundSession{reply->session->number, reply->session->epoch});
                             });
}

// The client is sent away first, so that it hears why; one that comes back before its session has ended is
// sent away again. A session that lives by its connection has ended with it.
void SessionDesk::end(const admin::SessionName& name, admin::Then<admin::EndedSession> then) {
  in_turn([this, name, then = std::move(then)] {
    kick_of(name, {}, [this, name, then](const admin::EndedSession& kicked) {
      find_stored(name, [this, name, kicked, then](Result<FoundSession>&& found) {
        if (found.ok()) return end_stored(name, found->number, kicked, then);
        if (found.error().code != Errc::not_found) return then(found.error());
        if (kicked.connections == 0 && kicked.missing_nodes.empty()) return then(no_such_session(name));
        then(admin::EndedSession(kicked));
      });
    });
  });
}

void SessionDesk::end_stored(const admin::SessionName& name, std::uint64_t number,
                             const admin::EndedSession& kicked, admin::Then<admin::EndedSession> then) {
  command_range<inbox::Op>(
      home_, store::StoreId::inbox, inbox::owner_prefix(owner_of(name)), inbox::End{owner_of(name), number},
      [this, name, kicked, then](Result<inbox::EndReply>&& reply) {
        if (!reply.ok()) return then(reply.error());
        const broker::InboxOwner owner{name.tenant, name.client_id};
        if (reply->ended) home_.remove_routes(owner, *reply->ended);
        if (reply->will) home_.publish_due_will(owner, *reply->will);
        admin::EndedSession ended = kicked;
        ended.was_stored = reply->status == inbox::OpStatus::ok;
        ended.missing_nodes.clear();
        kick_of(name, ended, [then](const admin::EndedSession& all) { then(admin::EndedSession(all)); });
      });
}

void SessionDesk::kick_of(const admin::SessionName& name, const admin::EndedSession& before,
                          std::function<void(const admin::EndedSession&)> then) {
  ask_links(broker::LinkAction::kick, name,
            [ended = before, then = std::move(then)](broker::NodeAsks::Replies&& replies) mutable {
              for (const auto& [node, answer] : read_answers(replies, ended.missing_nodes))
                ended.connections += static_cast<std::uint32_t>(answer.rows.size());
              then(ended);
            });
}

}  // namespace tenon::node
