#include <algorithm>
#include <deque>
#include <optional>

#include "base/text/topic_syntax.h"
#include "service/inbox/inbox_queries.h"
#include "service/inbox/inbox_work.h"
#include "service/store_key.h"
#include "topic/topic.h"

// Messages of the session's client, and those that it has left to others, that wait to be brought to whom
// they are for.

namespace tenon::service::inbox {

namespace {

std::string post_key(std::string_view prefix, const PostId& id) {
  std::string key = key_of(prefix, KeyKind::post);
  append_be64(key, id.number);
  append_be64(key, id.post);
  return key;
}

struct MemberFilter {
  std::string text;
  SplitFilter split;  // of the text
};

// By which a message with QoS 1 or 2 may have come to the session.
Result<std::deque<MemberFilter>> filters_of(Work& work, const Place& place) {
  const std::string begin = place.key(KeyKind::subscription);
  std::deque<MemberFilter> filters;
  Status read;
  const Status walked =
      work.state().scan(begin, kv::end_of_prefix(begin), [&](std::string_view key, std::string_view value) {
        const auto record = read_record<SubscriptionRecord>(value);
        if (!record) {
          read = record.error();
          return false;
        }
        if (record->options.qos == mqtt::QoS::at_most_once) return true;
        MemberFilter& filter = filters.emplace_back();
        filter.text = key.substr(begin.size());
        filter.split = split_filter(filter.text);
        return true;
      });
  if (!walked) return walked.error();
  if (!read) return read.error();
  return filters;
}

// The one by which a message of this topic must have come, if that is a shared one; else empty.
std::string_view group_of(const std::deque<MemberFilter>& filters, std::string_view topic) {
  std::string_view group;
  for (const MemberFilter& filter : filters) {
    if (!topic::matches(filter.split.pattern, topic)) continue;
    if (!group.empty() || filter.split.sharing == Sharing::none) return {};
    group = filter.text;
  }
  return group;
}

// The record of a post, if others may have the message. One that was sent with QoS 2 must not come to another
// client. [MQTT-4.8.2-5]
std::optional<std::string> left_of(ItemRecord& item, const std::deque<MemberFilter>& filters, UnixMs now_ms,
                                   LeftRoom& room) {
  session::MessageView& view = item.message.view;
  const bool has_expired = view.expires_at_ms != 0 && view.expires_at_ms <= now_ms;
  if (item.released || item.qos != mqtt::QoS::at_least_once || has_expired) return std::nullopt;
  room.looks -= std::min<std::uint32_t>(room.looks, static_cast<std::uint32_t>(filters.size()));
  const std::string_view group = group_of(filters, view.topic);
  const std::uint64_t bytes = item.message.bytes();
  if (group.empty() || bytes > room.bytes) return std::nullopt;
  --room.count;
  room.bytes -= bytes;
  view.qos = mqtt::QoS::at_least_once;
  return write_record(PostRecord{item.message, {}, group});
}

// What others may have of the session's messages, as records of posts, the oldest first.
Result<std::vector<std::string>> left_by(Work& work, const Place& place) {
  const auto filters = filters_of(work, place);
  if (!filters) return filters.error();
  LeftRoom& room = work.left_room();
  std::vector<std::string> left;
  Status read;
  const std::string begin = place.key(KeyKind::item);
  const Status walked =
      work.state().scan(begin, kv::end_of_prefix(begin), [&](std::string_view, std::string_view value) {
        if (room.count == 0 || room.looks < filters->size()) return false;
        auto item = read_record<ItemRecord>(value);
        if (!item) {
          read = item.error();
          return false;
        }
        if (auto record = left_of(*item, *filters, work.now_ms(), room)) left.push_back(std::move(*record));
        return true;
      });
  if (!walked) return walked.error();
  if (!read) return read.error();
  return left;
}

}  // namespace

Result<StatusReply> apply_op(Work& work, const LeaveToGroups& op) {
  const auto found = access(work, op.owner, op.number);
  if (!found) return found.error();
  if (found->place) found->place->session->leaves_to_groups = true;
  return StatusReply{found->status};
}

Status leave_to_groups(Work& work, Place& place) {
  const auto left = left_by(work, place);
  if (!left) return left.error();
  SessionRecord& session = *place.session;
  for (const std::string& record : *left)
    work.state().insert(post_key(place.prefix, {session.number, session.next_post++}), record);
  if (!left->empty()) place.wants_posted = true;
  return {};
}

Result<std::uint32_t> count_posts(const kv::StateView& state, std::string_view prefix,
                                  std::uint32_t count_max) {
  std::uint32_t count = 0;
  const std::string begin = key_of(prefix, KeyKind::post);
  const Status walked = state.scan(begin, kv::end_of_prefix(begin),
                                   [&](std::string_view, std::string_view) { return ++count < count_max; });
  if (!walked) return walked.error();
  return count;
}

Result<PostReply> apply_op(Work& work, const Post& op) {
  const auto held = access(work, op.held);
  if (!held) return held.error();
  PostReply reply;
  reply.status = held->status;
  if (!held->place) return reply;
  Place& place = *held->place;
  SessionRecord& session = *place.session;
  std::string received = place.key(KeyKind::received);
  append_be16(received, op.packet_id);
  const auto known = work.state().get(received);
  if (!known) return known.error();
  reply.existed = known->has_value();
  if (!reply.existed && session.post_count >= op.count_max) reply.status = OpStatus::full;
  if (!reply.existed && reply.status == OpStatus::ok) {
    work.state().put(received, {});
    reply.post = session.next_post++;
    work.state().insert(post_key(place.prefix, {session.number, reply.post}),
                        write_record(PostRecord{op.message, op.chosen}));
    place.wants_posted = true;
    if (session.post_count++ == 0) {
      session.posts_at_ms = after(work.now_ms(), posts_retry_s);
      place.deadline_moved = true;
    }
  }
  reply.open_count = session.post_count;
  return reply;
}

Result<StatusReply> apply_op(Work& work, const PostDone& op) {
  const auto found = work.place(op.owner);
  if (!found) return found.error();
  Place& place = **found;
  std::uint32_t done = 0;
  for (const PostId& id : op.posts) {
    const std::string key = post_key(place.prefix, id);
    const auto value = work.state().get(key);
    if (!value) return value.error();
    if (!*value) continue;
    work.state().erase(key);
    ++done;
  }
  if (!place.session) {
    place.deadline_moved = true;
    return StatusReply{};
  }
  SessionRecord& session = *place.session;
  const std::uint32_t before = session.post_count;
  session.post_count -= std::min(done, before);
  if (session.post_count == 0) {
    session.posts_at_ms = 0;
    place.deadline_moved = true;
  }
  if (session.attached && before > posts_low && session.post_count <= posts_low)
    work.notify(session.holder.node,
                OutboxHasRoom{session.holder, session.number, session.epoch, session.next_post});
  return StatusReply{};
}

Status tell_of_posts(Work& work, Place& place) {
  if (place.session) {
    SessionRecord& session = *place.session;
    if (session.post_count == 0 || session.posts_at_ms > work.now_ms()) return {};
    session.posts_at_ms = after(work.now_ms(), posts_retry_s);
  } else {
    const auto posts = count_posts(work.state(), place.prefix, 1);
    if (!posts) return posts.error();
    if (*posts == 0) return {};
  }
  place.wants_posted = true;
  return {};
}

Result<FetchPosts::Reply> answer(const kv::StateView& state, UnixMs, const FetchPosts& question,
                                 std::deque<std::string>& ret_texts) {
  FetchPosts::Reply reply;
  std::uint64_t bytes = 0;
  const std::string prefix = owner_prefix(question.owner);
  const std::string begin = key_of(prefix, KeyKind::post);
  Status read;
  const auto visit = [&](std::string_view key, std::string_view value) {
    reply.more = reply.items.size() == question.count_max || bytes >= question.bytes_max;
    if (reply.more) return false;
    const auto record = read_record<PostRecord>(ret_texts.emplace_back(value));
    if (!record) {
      read = record.error();
      return false;
    }
    key.remove_prefix(begin.size());
    const PostId id{take_be64(key), take_be64(key)};
    reply.items.push_back({id, record->message, record->chosen});
    reply.groups.push_back(record->group);
    bytes += record->message.bytes();
    return true;
  };
  const Status walked = state.scan(post_key(prefix, question.from), kv::end_of_prefix(begin), visit);
  if (!walked) return walked.error();
  if (!read) return read.error();
  return reply;
}

}  // namespace tenon::service::inbox
