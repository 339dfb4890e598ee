#include "service/inbox/inbox_owners.h"

#include <gtest/gtest.h>

#include <map>

#include "map_state.h"
#include "service/form.h"
#include "service/inbox/inbox_key.h"
#include "service/store_key.h"

namespace tenon::service::inbox {
namespace {

struct Seen {
  std::optional<Number> number;
  UnixMs work_at_ms = never_ms;
  friend bool operator==(const Seen&, const Seen&) = default;
};

class InboxOwners : public testing::Test {
 protected:
  std::string prefix(const std::string& client_id) { return owner_prefix({"", client_id}); }

  void add_session(const std::string& client_id, Number number) {
    SessionRecord record;
    record.number = number;
    state_.put(key_of(prefix(client_id), KeyKind::session), write_record(record));
    expected_[prefix(client_id)].number = number;
  }
  void add_will(const std::string& client_id, std::uint64_t epoch, UnixMs at_ms) {
    WillRecord record;
    record.at_ms = at_ms;
    std::string key = key_of(prefix(client_id), KeyKind::will);
    append_be64(key, 1);
    append_be64(key, epoch);
    state_.put(key, write_record(record));
    UnixMs& first = expected_[prefix(client_id)].work_at_ms;
    first = std::min(first, at_ms);
  }
  void add_items(const std::string& client_id, std::uint64_t count, std::size_t bytes) {
    expected_[prefix(client_id)];
    for (std::uint64_t number = 1; number <= count; ++number) {
      std::string key = key_of(prefix(client_id), KeyKind::item);
      append_be64(key, number);
      state_.put(key, std::string(bytes, 'm'));
    }
  }

  void add_posts(const std::string& client_id, std::uint64_t count) {
    for (std::uint64_t number = 1; number <= count; ++number) {
      std::string key = key_of(prefix(client_id), KeyKind::post);
      append_be64(key, 1);
      append_be64(key, number);
      state_.put(key, "post");
    }
    Seen& seen = expected_[prefix(client_id)];
    if (!seen.number) seen.work_at_ms = 0;
  }

  std::map<std::string, Seen> look(std::string from = {}) {
    std::map<std::string, Seen> found;
    state_.visited = 0;
    const Status walked = for_each_owner(
        state_, std::move(from),
        [&](std::string_view prefix, const std::optional<SessionRecord>& session, UnixMs work_at_ms) {
          Seen seen;
          if (session) seen.number = session->number;
          seen.work_at_ms = work_at_ms;
          EXPECT_TRUE(found.emplace(prefix, seen).second) << "told twice";
          return true;
        });
    EXPECT_TRUE(walked);
    return found;
  }

  MapState state_;
  std::map<std::string, Seen> expected_;
};

TEST_F(InboxOwners, NobodyIsNobody) {
  EXPECT_TRUE(look().empty());
}

TEST_F(InboxOwners, EachIsToldOnceWhateverItHolds) {
  for (int i = 0; i < 40; ++i) {
    const std::string client_id = "c" + std::to_string(i);
    if (i % 5 != 4) add_session(client_id, 100 + i);
    for (int will = 0; will < i % 3; ++will) add_will(client_id, will, 1000 * i + 7 - will);
    add_items(client_id, i % 4 == 0 ? 100 : i % 4 + 1, i % 7 == 0 ? 3000 : 10);
  }
  EXPECT_EQ(look(), expected_);
}

TEST_F(InboxOwners, PostsThatASessionHasLeftAreDueAtOnce) {
  add_posts("few", 1);
  add_posts("many", 100);
  add_session("alive", 1);
  add_posts("alive", 2);
  add_will("with will", 1, 700);
  add_posts("with will", 1);
  EXPECT_EQ(look(), expected_);
}

TEST_F(InboxOwners, LongListsAreNotReadToTheirEnd) {
  for (int i = 0; i < 3; ++i) {
    add_session("long" + std::to_string(i), 1);
    add_items("long" + std::to_string(i), 10'000, 10);
    add_session("large" + std::to_string(i), 1);
    add_items("large" + std::to_string(i), 16, 100'000);
  }
  EXPECT_EQ(look(), expected_);
  EXPECT_LT(state_.visited, 100u);
}

TEST_F(InboxOwners, TheWalkBeginsAndEndsWhereItIsTold) {
  for (const char* client_id : {"a", "b", "c", "d"}) {
    add_session(client_id, 1);
    add_items(client_id, 20, 10);
  }
  auto second = std::next(expected_.begin());
  EXPECT_EQ(look(second->first), (std::map<std::string, Seen>(second, expected_.end())));
  int told = 0;
  ASSERT_TRUE(for_each_owner(state_, {}, [&](std::string_view, const auto&, UnixMs) { return ++told < 2; }));
  EXPECT_EQ(told, 2);
}

TEST_F(InboxOwners, WhatDoesNotHoldTogetherIsAnError) {
  add_session("a", 1);
  add_items("a", 2, 10);
  state_.put(key_of(prefix("b"), KeyKind::session), "?");
  const auto visit = [](std::string_view, const auto&, UnixMs) { return true; };
  EXPECT_EQ(for_each_owner(state_, {}, visit).error().code, Errc::corrupt);
  state_.items.clear();
  state_.put("no key", "");
  EXPECT_EQ(for_each_owner(state_, {}, visit).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace tenon::service::inbox
