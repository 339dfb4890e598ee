// Sessions that are brought from one store to another, as a restore does.
#include "inbox_fixture.h"

namespace tenon::service::inbox {
namespace {

constexpr std::uint64_t import_id = 77;

class InboxImport : public InboxFixture {
 protected:
  // What the owner has here, as a backup holds it.
  std::vector<Import::Row> rows_of(std::string_view client) {
    std::vector<Import::Row> rows;
    const std::string prefix = owner_prefix({"", client});
    for (const auto& [key, value] : state.items) {
      if (!std::string_view(key).starts_with(prefix)) continue;
      const std::string& kept_key = texts.emplace_back(key);
      const auto parts = split_key(kept_key);
      EXPECT_TRUE(parts.has_value());
      rows.push_back({parts->kind, parts->rest, texts.emplace_back(value)});
    }
    return rows;
  }
  // Another store, empty, at a later time.
  void lose_everything() {
    state.items.clear();
    EXPECT_TRUE(machine.load(state).ok());
    seconds_pass(1000);
  }
  Import::Reply import(std::string_view client, std::vector<Import::Row> rows, std::uint64_t id = import_id) {
    return apply(Import{{"", client}, id, std::move(rows)});
  }
  OpStatus finish(std::string_view client, std::uint64_t id = import_id) {
    return apply(FinishImport{{"", client}, id}).status;
  }
  GetSession::Reply session(std::string_view client) { return ask(GetSession{{"", client}}); }

  // Subscribed, with three messages of which one was sent.
  AttachReply fill(std::string_view client) {
    const AttachReply at = attach(client, 9);
    apply(PutSubscription{held(client, at), "t/#", {}, 10});
    for (const char* payload : {"a", "b", "c"}) append(client, 9, payload, mqtt::QoS::exactly_once);
    apply(Sent{held(client, at), 1});
    apply(Received{held(client, at), {7}, {}});
    return at;
  }
};

TEST_F(InboxImport, ASessionIsThereWithAllThatItHad) {
  fill("c");
  const auto rows = rows_of("c");
  lose_everything();
  EXPECT_EQ(import("c", rows).written, rows.size());
  EXPECT_EQ(finish("c"), OpStatus::ok);

  const AttachReply again = attach("c", 33, 100, false, link_b);
  EXPECT_TRUE(again.present);
  EXPECT_EQ(again.number, 9u);
  EXPECT_EQ(again.received_ids, std::vector<std::uint16_t>{7});
  EXPECT_EQ(payloads("c", again), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(fetch("c", again)[0].state, ItemState::sent);
  EXPECT_EQ(fetch("c", again)[1].state, ItemState::fresh);
  ASSERT_EQ(ask(ListSubscriptions{{"", "c"}, {}, 10}).subscriptions.size(), 1u);
}

TEST_F(InboxImport, NobodyHasTheSessionBeforeItIsFinished) {
  fill("c");
  const auto rows = rows_of("c");
  lose_everything();
  import("c", rows);
  const AttachReply early = attach("c", 33);
  EXPECT_TRUE(early.importing);
  EXPECT_EQ(early.number, 0u);
  EXPECT_TRUE(attach("c", 34, 0, true).importing) << "nor does a clean start end it";
  seconds_pass(100'000);
  run_due();
  EXPECT_TRUE(session("c").session.has_value()) << "time does not end it";
  finish("c");
  EXPECT_TRUE(attach("c", 33).present);
}

TEST_F(InboxImport, PartsMayComeAgainInAnyNumberAndChangeNothing) {
  fill("c");
  const auto rows = rows_of("c");
  lose_everything();
  const std::vector<Import::Row> first(rows.begin(), rows.begin() + 3);
  const std::vector<Import::Row> rest(rows.begin() + 3, rows.end());
  import("c", first);
  import("c", rest);
  const auto before = state.items;
  EXPECT_EQ(import("c", first).written, 0u);
  EXPECT_EQ(import("c", rest).written, 0u);
  EXPECT_EQ(state.items, before);
  finish("c");
  EXPECT_EQ(import("c", first).status, OpStatus::stale) << "it is a session by now";
  EXPECT_EQ(finish("c"), OpStatus::gone);
}

TEST_F(InboxImport, ASessionThatIsThereAlreadyStaysAsItIs) {
  fill("c");
  const auto rows = rows_of("c");
  lose_everything();
  attach("c", 50);
  EXPECT_EQ(import("c", rows).status, OpStatus::stale);
  EXPECT_EQ(session("c").session->number, 50u);
  EXPECT_EQ(session("c").session->message_count, 0u);
}

TEST_F(InboxImport, AnotherImportGetsNothingOfOneThatIsUnderWay) {
  fill("c");
  const auto rows = rows_of("c");
  lose_everything();
  import("c", rows);
  EXPECT_EQ(import("c", rows, 78).status, OpStatus::stale);
  EXPECT_EQ(finish("c", 78), OpStatus::gone);
}

TEST_F(InboxImport, MessagesThatComeMeanwhileStandBehindThoseOfTheSession) {
  fill("c");
  const auto rows = rows_of("c");
  lose_everything();
  import("c", rows);
  EXPECT_EQ(append("c", 9, "later"), OpStatus::ok);
  finish("c");
  EXPECT_EQ(payloads("c", attach("c", 33)), (std::vector<std::string>{"a", "b", "c", "later"}));
  EXPECT_EQ(session("c").session->message_count, 4u);
}

TEST_F(InboxImport, WhatIsDroppedForThemMeanwhileIsTheOldestAndNoMore) {
  for (const char* payload : {"a long one", "another long one", "b", "c"}) {
    attach("c", 9);
    append("c", 9, payload);
  }
  const auto rows = rows_of("c");
  lose_everything();
  import("c", rows);
  limits = {4, 1 << 20, Overflow::drop_oldest};
  EXPECT_EQ(append("c", 9, "d"), OpStatus::ok);
  EXPECT_EQ(append("c", 9, "e"), OpStatus::ok);
  finish("c");
  EXPECT_EQ(payloads("c", attach("c", 33)), (std::vector<std::string>{"b", "c", "d", "e"}));
  EXPECT_EQ(session("c").session->message_count, 4u);
}

// An inbox that is kept later than the session knows what it has published meanwhile.
TEST_F(InboxImport, NumbersGoOnBehindThoseThatWereGivenOutAfterTheBackup) {
  const AttachReply at = attach("c", 9);
  apply(Post{held("c", at), 3, message("t", "a"), {}, 10});
  const auto rows = rows_of("c");
  const std::uint64_t post = apply(Post{held("c", at), 4, message("t", "b"), {}, 10}).post;
  const std::uint64_t epoch = attach("c", 9, 100, false, link_b).epoch;
  lose_everything();
  import("c", rows);
  finish("c");
  const AttachReply again = attach("c", 33);
  EXPECT_GT(again.epoch, epoch);
  EXPECT_GT(apply(Post{held("c", again), 5, message("t", "c"), {}, 10}).post, post);
}

TEST_F(InboxImport, ASessionThatLacksRowsCountsThoseThatCame) {
  attach_with_will("c", 9, 100, 5);
  append("c", 9, "a");
  append("c", 9, "b");
  auto rows = rows_of("c");
  lose_everything();
  std::erase_if(rows, [](const Import::Row& row) { return row.kind == KeyKind::will; });
  rows.pop_back();
  import("c", rows);
  finish("c");
  const auto found = session("c").session;
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->message_count, 1u);
  EXPECT_EQ(found->message_bytes, 2u);
  EXPECT_FALSE(found->has_will);
  EXPECT_EQ(payloads("c", attach("c", 33)), std::vector<std::string>{"a"});
}

TEST_F(InboxImport, TheConnectionThatASessionHadIsLostWithItsEnd) {
  attach_with_will("c", 9, 100, 0);
  const auto rows = rows_of("c");
  lose_everything();
  import("c", rows);
  EXPECT_TRUE(told<WillIsDue>(kv::NodeId::none).empty());
  finish("c");
  EXPECT_EQ(told<WillIsDue>(kv::NodeId::none).size(), 1u);
  seconds_pass(99);
  run_due();
  EXPECT_TRUE(session("c").session.has_value()) << "its time begins with the restore";
  seconds_pass(2);
  run_due();
  EXPECT_FALSE(session("c").session.has_value());
}

TEST_F(InboxImport, WhatAnEndedSessionHasLeftWaitsForTheEndOfTheImport) {
  const AttachReply at = attach("c", 9);
  apply(Post{held("c", at), 3, message("t", "posted"), {}, 10});
  apply(End{{"", "c"}, 9});
  const auto rows = rows_of("c");
  ASSERT_EQ(rows.size(), 1u);
  ASSERT_EQ(rows[0].kind, KeyKind::post);
  lose_everything();
  import("c", rows);
  run_due();
  EXPECT_TRUE(told<Posted>(kv::NodeId::none).empty());
  finish("c");
  EXPECT_FALSE(session("c").session.has_value());
  seconds_pass(posts_retry_s);
  run_due();
  EXPECT_EQ(told<Posted>(kv::NodeId::none).size(), 1u);
}

TEST_F(InboxImport, NothingIsLeftOfASessionWhoseRecordDidNotCome) {
  fill("c");
  auto rows = rows_of("c");
  lose_everything();
  rows.erase(rows.begin());
  import("c", rows);
  finish("c");
  EXPECT_TRUE(rows_of("c").empty());
  EXPECT_EQ(append("c", 9, "a"), OpStatus::gone);
  EXPECT_FALSE(attach("c", 33).present);
}

TEST_F(InboxImport, WhatIsUnderWayIsListedWithItsSubscriptions) {
  fill("c");
  const auto rows = rows_of("c");
  lose_everything();
  attach("other", 50);
  import("c", rows);
  const auto listed = ask(ListImports{import_id, {}, 10});
  ASSERT_EQ(listed.items.size(), 1u);
  EXPECT_EQ(listed.items[0].client_id, "c");
  EXPECT_EQ(listed.items[0].number, 9u);
  ASSERT_EQ(listed.items[0].subscriptions.size(), 1u);
  EXPECT_EQ(listed.items[0].subscriptions[0].filter, "t/#");
  EXPECT_TRUE(listed.cursor.empty());
  finish("c");
  EXPECT_TRUE(ask(ListImports{import_id, {}, 10}).items.empty());
}

TEST_F(InboxImport, SessionsWithManySubscriptionsComeInSmallerPages) {
  for (const char* client : {"c", "d"}) {
    const AttachReply at = attach(client, 9);
    for (std::size_t i = 0; i < ListImports::subscriptions_enough; ++i)
      apply(PutSubscription{held(client, at), texts.emplace_back("t/" + std::to_string(i)), {}, 5000});
  }
  const auto of_c = rows_of("c");
  const auto of_d = rows_of("d");
  lose_everything();
  import("c", of_c);
  import("d", of_d);
  const auto first = ask(ListImports{import_id, {}, 10});
  ASSERT_EQ(first.items.size(), 1u);
  ASSERT_FALSE(first.cursor.empty());
  const auto second = ask(ListImports{import_id, first.cursor, 10});
  ASSERT_EQ(second.items.size(), 1u);
  EXPECT_NE(second.items[0].client_id, first.items[0].client_id);
  EXPECT_TRUE(second.cursor.empty());
}

TEST_F(InboxImport, AReplicaThatIsOpenedMeanwhileWaitsAsWell) {
  attach_with_will("c", 9, 1, 1);
  const auto rows = rows_of("c");
  lose_everything();
  import("c", rows);
  ASSERT_TRUE(machine.load(state).ok());
  seconds_pass(100);
  run_due();
  EXPECT_TRUE(session("c").session.has_value());
  EXPECT_TRUE(told<WillIsDue>(kv::NodeId::none).empty());
}

TEST_F(InboxImport, RowsThatAreNoneMakeNoSense) {
  using Row = Import::Row;
  const auto is_sound = [](const Row& row) { return Import{{"", "c"}, import_id, {row}}.makes_sense(); };
  const std::string record = write_record(SessionRecord{});
  EXPECT_TRUE(is_sound({KeyKind::session, {}, record}));
  EXPECT_FALSE(is_sound({KeyKind::session, "x", record}));
  EXPECT_FALSE(is_sound({KeyKind::session, {}, "x"}));
  EXPECT_FALSE(is_sound({KeyKind::item, "1234567", record}));
  EXPECT_FALSE(is_sound({KeyKind::will, "12345678", record}));
  EXPECT_FALSE(is_sound({KeyKind::received, "1", {}}));
  EXPECT_FALSE(is_sound({KeyKind::subscription, {}, record}));
  EXPECT_FALSE((Import{{"", "c"}, 0, {{KeyKind::session, {}, record}}}).makes_sense());
  EXPECT_FALSE((Import{{"", "c"}, import_id, {}}).makes_sense());
}

}  // namespace
}  // namespace tenon::service::inbox
