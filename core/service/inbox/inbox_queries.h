#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "service/batch.h"
#include "service/inbox/inbox_ops.h"
#include "service/inbox/inbox_work.h"

// What can be asked of the inbox store. A question is a batch of one; its answer is read as replies are.

namespace tenon::service::inbox {

enum class ItemState : std::uint8_t {
  fresh,     // never sent
  sent,      // sent over an earlier connection, not acknowledged
  released,  // only PUBREL is owed
  withheld,  // has expired unsent: to be acknowledged without being sent [MQTT-3.3.2-5]
};

// Messages from `from_number` on: `count_max` at most, and no more than one behind `bytes_max`.
struct Fetch {
  struct Item {
    std::uint64_t number = 0;
    ItemState state = ItemState::fresh;
    mqtt::QoS qos = mqtt::QoS::at_least_once;
    bool retain = false;
    std::vector<std::uint32_t> subscription_ids;
    StoredMessage message;  // empty when released or withheld

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.number, s.state, s.qos, s.retain, s.subscription_ids, s.message);
    }
  };
  struct Reply {
    OpStatus status = OpStatus::ok;
    std::vector<Item> items;
    bool more = false;
    std::uint64_t next_number = 0;  // that the next message to be appended will get

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.status, s.items, s.more, s.next_number);
    }
  };
  Held held;
  std::uint64_t from_number = 0;
  std::uint32_t count_max = 64;
  std::uint64_t bytes_max = 1 << 20;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.held, s.from_number, s.count_max, s.bytes_max);
  }
  bool makes_sense() const { return count_max > 0; }
};

// A session as operators see it.
struct SessionInfo {
  std::string_view tenant;
  std::string_view client_id;
  Number number = 0;
  std::uint64_t epoch = 0;
  bool attached = false;
  Holder holder;  // of the last attach
  std::uint32_t expiry_s = 0;
  UnixMs expires_at_ms = never_ms;
  bool has_will = false;
  std::uint32_t message_count = 0;
  std::uint64_t message_bytes = 0;
  std::uint32_t subscription_count = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.client_id, s.number, s.epoch, s.attached, s.holder, s.expiry_s, s.expires_at_ms, s.has_will,
      s.message_count, s.message_bytes, s.subscription_count);
  }
};

struct GetSession {
  struct Reply {
    std::optional<SessionInfo> session;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.session);
    }
  };
  Owner owner;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner);
  }
  bool makes_sense() const { return true; }
};

// The filters behind `cursor`, in order.
struct ListSubscriptions {
  struct Subscription {
    std::string_view filter;
    StoredOptions options;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.filter, s.options);
    }
  };
  struct Reply {
    std::vector<Subscription> subscriptions;
    bool more = false;  // the cursor is the last filter

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.subscriptions, s.more);
    }
  };
  Owner owner;
  std::string_view cursor;  // empty: from the first on
  std::uint32_t count_max = 100;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.cursor, s.count_max);
  }
  bool makes_sense() const { return count_max > 0; }
};

// Sessions in the order of their keys.
struct ListSessions {
  struct Reply {
    std::vector<SessionInfo> sessions;
    std::string_view cursor;  // empty: there are no more

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.sessions, s.cursor);
    }
  };
  std::string_view cursor;  // empty: from the start of the range
  std::uint32_t count_max = 100;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.cursor, s.count_max);
  }
  bool makes_sense() const { return count_max > 0; }
};

// Posts of the owner from `from` on, in their order: `count_max` at most, and no more than one behind
// `bytes_max`.
struct FetchPosts {
  struct Item {
    PostId id;
    StoredMessage message;
    std::vector<Append::Target> chosen;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.id, s.message, s.chosen);
    }
  };
  struct Reply {
    std::vector<Item> items;
    bool more = false;
    // As PostRecord, of each item; none of a node that knows no groups of posts.
    std::vector<std::string_view> groups;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.items, s.more);
      f.appended(s.groups);
    }
    std::string_view group(std::size_t item) const {
      return item < groups.size() ? groups[item] : std::string_view();
    }
  };
  Owner owner;
  PostId from;
  std::uint32_t count_max = 64;
  std::uint64_t bytes_max = 1 << 20;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.from, s.count_max, s.bytes_max);
  }
  bool makes_sense() const { return count_max > 0; }
};

// What an import has brought and not finished yet, in the order of the keys: owners that begin behind
// `cursor`, `count_max` at most, and no further one behind `subscriptions_enough` subscriptions.
struct ListImports {
  static constexpr std::size_t subscriptions_enough = 2000;

  struct Item {
    std::string_view tenant;
    std::string_view client_id;
    Number number = 0;  // 0: it has no session, but wills and posts of one that has ended
    std::vector<ListSubscriptions::Subscription> subscriptions;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.tenant, s.client_id, s.number, s.subscriptions);
    }
  };
  struct Reply {
    std::vector<Item> items;
    std::string_view cursor;  // empty: there are no more in this range

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.items, s.cursor);
    }
  };
  std::uint64_t import = 0;
  std::string_view cursor;  // empty: from the start of the range
  std::uint32_t count_max = 100;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.import, s.cursor, s.count_max);
  }
  bool makes_sense() const { return import != 0 && count_max > 0; }
};

struct GetCounts {
  using Reply = Counts;
  template <class Form, class Self>
  static void form(Form&, Self&) {}
  bool makes_sense() const { return true; }
};

// In the order of their kinds, from 1.
using Question =
    std::variant<Fetch, GetSession, ListSubscriptions, ListSessions, GetCounts, FetchPosts, ListImports>;
using AnswerReader = BatchReplyReader<Question>;

// Answers of the state; texts are of `ret_texts`, or of the question.
Result<Fetch::Reply> answer(const kv::StateView& state, UnixMs now_ms, const Fetch& question,
                            std::deque<std::string>& ret_texts);
Result<GetSession::Reply> answer(const kv::StateView& state, UnixMs now_ms, const GetSession& question,
                                 std::deque<std::string>& ret_texts);
Result<ListSubscriptions::Reply> answer(const kv::StateView& state, UnixMs now_ms,
                                        const ListSubscriptions& question,
                                        std::deque<std::string>& ret_texts);
Result<ListSessions::Reply> answer(const kv::StateView& state, UnixMs now_ms, const ListSessions& question,
                                   std::deque<std::string>& ret_texts);
Result<FetchPosts::Reply> answer(const kv::StateView& state, UnixMs now_ms, const FetchPosts& question,
                                 std::deque<std::string>& ret_texts);
Result<ListImports::Reply> answer(const kv::StateView& state, UnixMs now_ms, const ListImports& question,
                                  std::deque<std::string>& ret_texts);

}  // namespace tenon::service::inbox

namespace tenon::service {

template <>
inline constexpr std::uint8_t enum_max<inbox::ItemState> = 3;

}  // namespace tenon::service
