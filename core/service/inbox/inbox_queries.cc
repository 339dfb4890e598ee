#include "service/inbox/inbox_queries.h"

#include "service/inbox/inbox_owners.h"
#include "service/store_key.h"

namespace tenon::service::inbox {

namespace {

Result<std::optional<SessionRecord>> read_session(const kv::StateView& state, std::string_view prefix) {
  const auto value = state.get(key_of(prefix, KeyKind::session));
  if (!value) return value.error();
  if (!*value) return std::optional<SessionRecord>();
  auto record = read_record<SessionRecord>(**value);
  if (!record) return record.error();
  return std::optional<SessionRecord>(*record);
}

Fetch::Item describe(std::uint64_t number, const ItemRecord& record, std::uint64_t sent_upto, UnixMs now_ms) {
  Fetch::Item item;
  item.number = number;
  item.qos = record.qos;
  item.retain = record.retain;
  item.subscription_ids = record.subscription_ids;
  item.message = record.message;
  const UnixMs expires_at_ms = record.message.view.expires_at_ms;
  if (record.released) {
    item.state = ItemState::released;
  } else if (number <= sent_upto) {
    item.state = ItemState::sent;
  } else if (expires_at_ms != 0 && expires_at_ms <= now_ms) {
    item.state = ItemState::withheld;
    item.message = {};
  }
  return item;
}

SessionInfo describe(const OwnerText& owner, const SessionRecord& record, std::deque<std::string>& texts) {
  return {texts.emplace_back(owner.tenant),
          texts.emplace_back(owner.client_id),
          record.number,
          record.epoch,
          record.attached,
          record.holder,
          record.expiry_s,
          record.expires_at_ms,
          record.has_will,
          record.message_count,
          record.message_bytes,
          record.subscription_count};
}

}  // namespace

Result<Fetch::Reply> answer(const kv::StateView& state, UnixMs now_ms, const Fetch& question,
                            std::deque<std::string>& ret_texts) {
  Fetch::Reply reply;
  const std::string prefix = owner_prefix(question.held.owner);
  const auto session = read_session(state, prefix);
  if (!session) return session.error();
  if (!*session || (*session)->number != question.held.number)
    return Fetch::Reply{OpStatus::gone, {}, false, 0};
  if ((*session)->epoch != question.held.epoch || !(*session)->attached)
    return Fetch::Reply{OpStatus::stale, {}, false, 0};
  reply.next_number = (*session)->next_number;
  const std::string items = key_of(prefix, KeyKind::item);
  std::string from = items;
  append_be64(from, question.from_number);
  std::uint64_t bytes = 0;
  Status read;
  const Status walked =
      state.scan(from, kv::end_of_prefix(items), [&](std::string_view key, std::string_view value) {
        reply.more = reply.items.size() >= question.count_max || bytes >= question.bytes_max;
        if (reply.more) return false;
        const auto record = read_record<ItemRecord>(ret_texts.emplace_back(value));
        if (!record) {
          read = record.error();
          return false;
        }
        key.remove_prefix(items.size());
        reply.items.push_back(describe(take_be64(key), *record, (*session)->sent_upto, now_ms));
        bytes += reply.items.back().message.bytes();
        return true;
      });
  if (!walked) return walked.error();
  if (!read) return read.error();
  return reply;
}

Result<GetSession::Reply> answer(const kv::StateView& state, UnixMs, const GetSession& question,
                                 std::deque<std::string>& ret_texts) {
  const auto session = read_session(state, owner_prefix(question.owner));
  if (!session) return session.error();
  GetSession::Reply reply;
  if (*session)
    reply.session = describe({std::string(question.owner.tenant), std::string(question.owner.client_id)},
                             **session, ret_texts);
  return reply;
}

Result<ListSubscriptions::Reply> answer(const kv::StateView& state, UnixMs, const ListSubscriptions& question,
                                        std::deque<std::string>& ret_texts) {
  ListSubscriptions::Reply reply;
  const std::string begin = key_of(owner_prefix(question.owner), KeyKind::subscription);
  std::string from = begin;
  // The first text behind the cursor.
  if (!question.cursor.empty()) from.append(question.cursor).push_back('\0');
  Status read;
  const Status walked =
      state.scan(from, kv::end_of_prefix(begin), [&](std::string_view key, std::string_view value) {
        reply.more = reply.subscriptions.size() >= question.count_max;
        if (reply.more) return false;
        const auto record = read_record<SubscriptionRecord>(value);
        if (!record) {
          read = record.error();
          return false;
        }
        reply.subscriptions.push_back({ret_texts.emplace_back(key.substr(begin.size())), *record});
        return true;
      });
  if (!walked) return walked.error();
  if (!read) return read.error();
  return reply;
}

Result<ListSessions::Reply> answer(const kv::StateView& state, UnixMs, const ListSessions& question,
                                   std::deque<std::string>& ret_texts) {
  ListSessions::Reply reply;
  const Status walked =
      for_each_owner(state, std::string(question.cursor),
                     [&](std::string_view prefix, const std::optional<SessionRecord>& session, UnixMs) {
                       if (!session) return true;
                       if (reply.sessions.size() == question.count_max) {
                         reply.cursor = ret_texts.emplace_back(prefix);
                         return false;
                       }
                       const auto owner = split_prefix(prefix);
                       if (owner) reply.sessions.push_back(describe(*owner, *session, ret_texts));
                       return true;
                     });
  if (!walked) return walked.error();
  return reply;
}

}  // namespace tenon::service::inbox
