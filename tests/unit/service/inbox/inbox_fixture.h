#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "map_state.h"
#include "service/inbox/inbox_commands.h"
#include "service/inbox/inbox_machine.h"
#include "service/inbox/inbox_queries.h"

namespace tenon::service::inbox {

constexpr UnixMs start_ms = 1'000'000;
constexpr Holder link_a{kv::NodeId{1}, 1, 11};
constexpr Holder link_b{kv::NodeId{2}, 1, 22};

inline StoredMessage message(std::string_view topic, std::string_view payload, UnixMs expires_at_ms = 0) {
  StoredMessage stored;
  stored.view.topic = topic;
  stored.view.payload = as_bytes(payload);
  stored.view.qos = mqtt::QoS::at_least_once;
  stored.view.expires_at_ms = expires_at_ms;
  return stored;
}

// A machine over a map, and short words for its ops.
class InboxFixture : public ::testing::Test {
 protected:
  Status apply_text(std::string_view command, std::string& reply) {
    notices.clear();
    const kv::ApplyContext context{now_ms, ++index, notices};
    return machine.apply(context, command, state, reply);
  }
  template <class T>
  typename T::Reply apply(const T& op) {
    CommandBuilder builder;
    builder.add(op);
    std::string& reply = texts.emplace_back();
    const Status applied = apply_text(builder.take(), reply);
    EXPECT_TRUE(applied.ok()) << (applied.ok() ? "" : applied.error().message);
    ReplyReader reader(reply);
    auto read = reader.next<T>();
    EXPECT_TRUE(read.ok());
    return read.ok() ? *read : typename T::Reply{};
  }
  template <class T>
  typename T::Reply ask(const T& question) {
    BatchBuilder<Question> builder;
    builder.add(question);
    std::string& reply = texts.emplace_back();
    EXPECT_TRUE(machine.query(now_ms, texts.emplace_back(builder.take()), state, reply).ok());
    AnswerReader reader(reply);
    auto read = reader.next<T>();
    EXPECT_TRUE(read.ok());
    return read.ok() ? *read : typename T::Reply{};
  }

  AttachReply attach(std::string_view client, Number candidate, std::uint32_t expiry_s = 100,
                     bool clean = false, const Holder& holder = link_a) {
    return apply(Attach{{"", client}, candidate, clean, expiry_s, holder, {}});
  }
  AttachReply attach_with_will(std::string_view client, Number candidate, std::uint32_t expiry_s,
                               std::uint32_t delay_s, const Holder& holder = link_a) {
    return apply(Attach{
        {"", client}, candidate, false, expiry_s, holder, Attach::Will{message("will", "gone"), delay_s}});
  }
  // As a connection comes that may be there before the end of another one.
  AttachReply take_over(std::string_view client, Number candidate, std::uint32_t hold_s = 5,
                        bool clean = false, std::optional<Attach::Will> will = {},
                        const Holder& holder = link_b) {
    return apply(AttachHolding{hold_s, Attach{{"", client}, candidate, clean, 100, holder, will}});
  }
  std::optional<DueWill> settle(std::string_view client, const AttachReply& at, WillFate fate) {
    return apply(SettleWill{{"", client}, {at.number, at.epoch}, fate}).will;
  }
  static Held held(std::string_view client, const AttachReply& at) {
    return {{"", client}, at.number, at.epoch};
  }
  EndReply detach(std::string_view client, const AttachReply& at, std::uint32_t expiry_s = 100,
                  WillFate will = WillFate::keep) {
    return apply(Detach{held(client, at), expiry_s, will});
  }
  OpStatus append(std::string_view client, Number number, std::string_view payload,
                  mqtt::QoS qos = mqtt::QoS::at_least_once, UnixMs expires_at_ms = 0) {
    const auto reply =
        apply(Append{message("t", payload, expires_at_ms), limits, {{{"", client}, number, qos, false, {}}}});
    dropped = reply.dropped;
    return reply.targets.at(0);
  }
  std::vector<Fetch::Item> fetch(std::string_view client, const AttachReply& at, std::uint64_t from = 0) {
    return ask(Fetch{held(client, at), from, 100, 1 << 20}).items;
  }
  std::vector<std::string> payloads(std::string_view client, const AttachReply& at) {
    std::vector<std::string> all;
    for (const auto& item : fetch(client, at)) all.emplace_back(as_text(item.message.view.payload));
    return all;
  }
  // All that nodes were told by the last command.
  template <class T>
  std::vector<T> told(kv::NodeId node) {
    std::vector<T> all;
    for (const kv::Notice& notice : notices) {
      if (notice.node != node) continue;
      auto read = read_notice(notice.text);
      EXPECT_TRUE(read.ok());
      for (const InboxNotice& one : *read)
        if (const T* wanted = std::get_if<T>(&one)) all.push_back(*wanted);
    }
    return all;
  }
  // Applies what is due, as a leader does.
  void run_due() {
    std::vector<std::string> commands;
    machine.due(now_ms, commands);
    std::vector<kv::Notice> all;
    for (const std::string& command : commands) {
      std::string reply;
      EXPECT_TRUE(apply_text(command, reply).ok());
      all.insert(all.end(), notices.begin(), notices.end());
    }
    notices = all;
  }
  void seconds_pass(std::int64_t seconds) { now_ms += seconds * 1000; }

  UnixMs now_ms = start_ms;
  std::uint64_t index = 0;
  Limits limits{5, 1 << 20, Overflow::refuse_newest};
  std::uint32_t dropped = 0;
  std::vector<kv::Notice> notices;
  MapState state;
  InboxMachine machine{7};
  std::deque<std::string> texts;  // replies, which what is read is views of
};

}  // namespace tenon::service::inbox
