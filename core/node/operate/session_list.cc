#include "node/operate/session_list.h"

#include "kv/state_view.h"
#include "node/operate/link_answers.h"
#include "node/operate/range_questions.h"
#include "service/inbox/inbox_queries.h"
#include "service/store_key.h"

namespace tenon::node {

namespace inbox = service::inbox;
using State = admin::SessionQuery::State;

namespace {

constexpr std::int64_t look_ns = 3 * ns_per_s;
constexpr std::uint32_t sessions_per_question = 500;

std::string tenant_prefix(const std::string& tenant) {
  std::string prefix;
  service::append_escaped(prefix, tenant);
  return prefix;
}

std::string first_key(const admin::SessionQuery& query) {
  return query.tenant ? std::max(query.cursor, tenant_prefix(*query.tenant)) : query.cursor;
}

}  // namespace

SessionList::SessionList(broker::Shard& shard, broker::NodeAsks& asks, const admin::SessionQuery& query,
                         admin::Then<admin::SessionPage> then)
    : shard_(shard), asks_(asks), query_(query), from_(first_key(query)), then_(std::move(then)) {}

void SessionList::start() {
  deadline_ns_ = shard_.time().mono_ns + look_ns;
  const bool wants_links = query_.state != State::disconnected || !query_.node.empty();
  const bool wants_stored = query_.state != State::connected && query_.node.empty();
  open_ = (wants_links ? 1 : 0) + (wants_stored ? 1 : 0);
  if (wants_links) ask_nodes();
  if (wants_stored) ask_ranges(from_);
}

void SessionList::ask_nodes() {
  broker::LinkQuestion question;
  question.action = broker::LinkAction::list;
  question.any_tenant = !query_.tenant;
  question.tenant = query_.tenant.value_or("");
  question.client_id = query_.prefix;
  question.cursor = from_;
  question.count_max = query_.limit;
  asks_.ask_all(write_question(question), shard_.time().mono_ns,
                [self = shared_from_this()](broker::NodeAsks::Replies&& replies) {
                  self->take_nodes(std::move(replies));
                });
}

void SessionList::take_nodes(broker::NodeAsks::Replies&& replies) {
  for (auto& [node, answer] : read_answers(replies, missing_)) {
    std::string last;
    for (broker::LinkRow& row : answer.rows) {
      last = inbox::owner_prefix({row.tenant, row.client_id});
      merge_.add(last, {row.tenant, row.client_id}, link_status(node, row));
    }
    if (answer.more) merge_.end_before(kv::end_of_prefix(last));
  }
  finish_one();
}

void SessionList::ask_ranges(const std::string& from) {
  inbox::ListSessions question;
  question.cursor = from;
  question.count_max = sessions_per_question;
  ask_range<inbox::Question>(
      shard_, store::StoreId::inbox, from, question,
      [self = shared_from_this(), from](Result<inbox::ListSessions::Reply>&& reply, const std::string& end) {
        if (!reply.ok()) return self->finish_one(&reply.error());
        const admin::SessionQuery& query = self->query_;
        for (const inbox::SessionInfo& session : reply->sessions) {
          if (query.tenant && session.tenant != *query.tenant) return self->finish_one();
          if (!session.client_id.starts_with(query.prefix)) continue;
          const std::string key = inbox::owner_prefix({session.tenant, session.client_id});
          const admin::SessionName name{std::string(session.tenant), std::string(session.client_id)};
          if (self->merge_.add(key, name, stored_status(session))) ++self->found_;
        }
        const std::string next(reply->cursor.empty() ? std::string_view(end) : reply->cursor);
        if (next.empty()) return self->finish_one();
        // A range that ended before it was asked tells nothing new.
        if (self->found_ > query.limit || self->shard_.time().mono_ns > self->deadline_ns_ || next <= from) {
          self->merge_.end_before(std::max(next, from));
          return self->finish_one();
        }
        self->ask_ranges(next);
      });
}

void SessionList::finish_one(const Error* failure) {
  if (failure) failure_ = *failure;
  if (--open_ > 0) return;
  if (failure_) return then_(*failure_);
  admin::SessionPage page = merge_.page();
  page.missing_nodes = std::move(missing_);
  then_(std::move(page));
}

}  // namespace tenon::node
