#include "hex.h"
#include "inbox/inbox_fixture.h"

namespace tenon::service::inbox {
namespace {

using mqtt::QoS;

StoredMessage full_message() {
  StoredMessage stored = message("to", "pay", 1000);
  stored.view.forwarded = as_bytes("fw");
  stored.view.retain = true;
  return stored;
}
constexpr Owner owner{"tn", "cl"};
constexpr Held of_session{owner, 300, 2};
constexpr Holder holder{kv::NodeId{7}, 3, 11};

std::vector<Op> one_of_each() {
  return {Attach{owner, 300, true, 100, holder, Attach::Will{full_message(), 5}, "us", true},
          Detach{of_session, 100, WillFate::keep},
          Append{full_message(),
                 {10, 5000, Overflow::drop_oldest},
                 {{owner, 300, QoS::exactly_once, true, {4, 200}}}},
          Sent{of_session, 130},
          Acknowledge{of_session, {1, 130}},
          Release{of_session, {2}},
          Received{of_session, {1, 65535}, {3}},
          PutSubscription{of_session, "a/#", {{9, QoS::at_least_once, true, false}}, 50},
          RemoveSubscription{of_session, "a/#"},
          End{owner, 300},
          Tick{owner},
          WillDone{owner, {300, 2}},
          NodeGone{kv::NodeId{7}, 3, "k", 1000},
          Abandon{owner, holder, 300},
          Relay{{300, Origin::Lane::will, 2},
                Append{{}, {10, 5000}, {{owner, 300, QoS::exactly_once, true, {}}}}},
          Post{of_session, 5, full_message(), {{owner, 300, QoS::exactly_once, true, {4}}}, 100},
          PostDone{owner, {{300, 2}, {300, 130}}},
          Subscribe{owner, 300, "a/#", {{9, QoS::at_least_once, true, false}}, 50},
          Unsubscribe{owner, 300, "a/#"},
          Import{owner, 300, {{KeyKind::received, "12", {}}}},
          FinishImport{owner, 300},
          AttachHolding{5, Attach{owner, 300, true, 100, holder, {}, "us", true}},
          SettleWill{owner, {300, 2}, WillFate::keep},
          LeaveToGroups{owner, 300}};
}

std::string command_of(const Op& op) {
  CommandBuilder builder;
  std::visit([&](const auto& value) { builder.add(value); }, op);
  return builder.take();
}

TEST(InboxCodec, TheVersionThatACommandNeedsIsThatOfItsNewestOp) {
  for (const Op& op : one_of_each()) EXPECT_EQ(version_of_batch(command_of(op)), op.index() + 1);
  std::string command = command_of(Tick{owner});
  EXPECT_EQ(version_of_batch(command.substr(0, 4)), 0);  // does not hold together, which is another matter
  command[2] = static_cast<char>(version_of_ops<Op> + 1);
  EXPECT_EQ(version_of_batch(command), version_of_ops<Op> + 1);
  command[2] = 0;
  EXPECT_EQ(version_of_batch(command), 255);
  command[0] = 2;
  EXPECT_EQ(version_of_batch(command), 255);
  EXPECT_EQ(version_of_batch(""), 0);
  CommandBuilder several;
  several.add(LeaveToGroups{owner, 300});
  several.add(Tick{owner});
  EXPECT_EQ(version_of_batch(several.take()), version_of_ops<Op>);
}

TEST(InboxCodec, BytesOfTheOpsStayAsTheyAre) {
  const std::vector<std::string_view> golden{
      "0101012102746e02636cac02016407030b0102746f02667703706179e80701010502757301",
      "0101020b02746e02636cac02026401",
      "0101032102746f02667703706179e80701010a8827010102746e02636cac0202010204c801",
      "0101040b02746e02636cac02028201",
      "0101050d02746e02636cac020202018201",
      "0101060b02746e02636cac02020102",
      "0101071002746e02636cac02020201ffff030103",
      "0101081202746e02636cac020203612f230101000932",
      "0101090d02746e02636cac020203612f23",
      "01010a0802746e02636cac02",
      "01010b0602746e02636c",
      "01010c0902746e02636cac0202",
      "01010d060703016be807",
      "01010e0b02746e02636c07030bac02",
      "01010f1aac0201020000000000000a8827000102746e02636cac02020100",
      "0101102602746e02636cac02020502746f02667703706179e80701010102746e02636cac020201010464",
      "0101110e02746e02636c02ac0202ac028201",
      "0101121102746e02636cac0203612f230101000932",
      "0101130c02746e02636cac0203612f23",
      "0101140e02746e02636cac02010302313200",
      "0101150802746e02636cac02",
      "010116130502746e02636cac02016407030b0002757301",
      "0101170a02746e02636cac020201",
      "0101180802746e02636cac02"};
  const auto ops = one_of_each();
  ASSERT_EQ(ops.size(), golden.size());
  ASSERT_EQ(ops.size(), std::variant_size_v<Op>);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const std::string command = command_of(ops[i]);
    EXPECT_EQ(to_hex(command), golden[i]) << "op of kind " << i + 1;
    const auto read = read_command(command);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(command_of(read->at(0)), command);
  }
}

TEST(InboxCodec, BytesOfTheRecordsStayAsTheyAre) {
  SessionRecord session;
  session.number = 300;
  session.epoch = 2;
  session.attached = true;
  session.holder = holder;
  session.candidate = 301;
  session.expiry_s = 100;
  session.expires_at_ms = 1000;
  session.has_will = true;
  session.next_number = 8;
  session.sent_upto = 6;
  session.message_count = 3;
  session.message_bytes = 900;
  session.subscription_count = 2;
  session.first_expiry_ms = 2000;
  session.user = "us";
  EXPECT_EQ(to_hex(write_record(session)),
            "01ac0202010007030bad0264e80701080603840702d00f0100000000027573000000");
  session.leaves_to_groups = true;
  EXPECT_EQ(to_hex(write_record(session)),
            "01ac0202010007030bad0264e80701080603840702d00f010000000002757300000001");
  EXPECT_EQ(to_hex(write_record(PostRecord{full_message(), {}, {}})), "0102746f02667703706179e807010100");
  EXPECT_EQ(to_hex(write_record(PostRecord{full_message(), {}, "$share/g/t"})),
            "0102746f02667703706179e8070101000a2473686172652f672f74");
  EXPECT_EQ(to_hex(write_record(WillRecord{5, true, 1000, full_message()})),
            "010501e80702746f02667703706179e8070101");
  EXPECT_EQ(to_hex(write_record(ItemRecord{false, QoS::exactly_once, true, {4}, full_message()})),
            "01000201010402746f02667703706179e8070101");
  EXPECT_EQ(to_hex(write_record(SubscriptionRecord{{9, QoS::at_least_once, true, false}})), "0101010009");
}

TEST(InboxCodec, BytesOfTheRepliesStayAsTheyAre) {
  BatchReplyWriter<Op> attach;
  attach.add<Attach>(
      {true, 300, 2, 4, 8, {5}, Ended{299, {"f"}}, DueWill{{299, 1}, full_message()}, holder, true});
  EXPECT_EQ(to_hex(attach.take()),
            "0101012601ac02020408010501ab0201016601ab020102746f02667703706179e80701010107030b0100");
  BatchReplyWriter<Op> append;
  append.add<Append>({{OpStatus::ok, OpStatus::gone}, 2});
  EXPECT_EQ(to_hex(append.take()), "0101030402000102");
}

TEST(InboxCodec, RecordsAndOpsMayGrowAtTheirEnd) {
  std::string record = write_record(SubscriptionRecord{{9, QoS::at_least_once, true, false}});
  EXPECT_TRUE(read_record<SubscriptionRecord>(record + "more").ok());
  std::string command = command_of(Tick{owner});
  command[3] = static_cast<char>(command[3] + 2);
  EXPECT_TRUE(read_command(command + "xy").ok());
}

TEST(InboxCodec, WhatIsOfANewerVersionIsUnsupported) {
  std::string command = command_of(Tick{owner});
  command[0] = 2;
  EXPECT_EQ(read_command(command).error().code, Errc::unsupported);
  command[0] = 1;
  command[2] = 99;
  EXPECT_EQ(read_command(command).error().code, Errc::unsupported);
  EXPECT_EQ(read_record<SubscriptionRecord>("\x02").error().code, Errc::corrupt);
  EXPECT_EQ(read_record<SubscriptionRecord>("").error().code, Errc::corrupt);
}

TEST(InboxCodec, OpsThatMakeNoSenseAreInvalid) {
  const std::vector<Op> senseless{Attach{owner, 0, true, 1, holder, {}},
                                  Attach{owner, number_limit, true, 1, holder, {}},
                                  Append{full_message(), {1, 1}, {{owner, 1, QoS::at_most_once, false, {}}}},
                                  PutSubscription{of_session, "", {}, 1},
                                  RemoveSubscription{of_session, ""},
                                  NodeGone{kv::NodeId{1}, 1, "", 0}};
  for (const Op& op : senseless)
    EXPECT_EQ(read_command(command_of(op)).error().code, Errc::invalid) << "kind " << op.index() + 1;
}

class InboxMalformed : public InboxFixture {
 protected:
  // All ops in one command, for a session that is there.
  std::string whole_command() {
    CommandBuilder builder;
    for (const Op& op : one_of_each()) std::visit([&](const auto& value) { builder.add(value); }, op);
    return builder.take();
  }
  void SetUp() override {
    apply(Attach{owner, 300, false, 100, holder, {}});
    apply(PutSubscription{{owner, 300, 1}, "x", {}, 10});
  }
};

TEST_F(InboxMalformed, CommandCutAnywhereChangesNothing) {
  const std::string command = whole_command();
  const auto before = state.items;
  for (std::size_t cut = 0; cut < command.size(); ++cut) {
    std::string reply;
    const Status applied = apply_text(command.substr(0, cut), reply);
    ASSERT_FALSE(applied.ok()) << "cut at " << cut;
    ASSERT_EQ(applied.error().code, Errc::invalid) << "cut at " << cut;
    ASSERT_EQ(state.items, before);
    ASSERT_TRUE(notices.empty() && reply.empty());
  }
}

TEST_F(InboxMalformed, CommandWithAnyBitFlippedIsRefusedWholeOrMeansSomethingElse) {
  const std::string command = whole_command();
  const auto before = state.items;
  for (std::size_t bit = 0; bit < 8 * command.size(); ++bit) {
    std::string flipped = command;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    state.items = before;
    std::string reply;
    const Status applied = apply_text(flipped, reply);
    InboxMachine other(1);
    ASSERT_TRUE(other.load(state).ok()) << "bit " << bit;
    if (applied.ok()) continue;
    ASSERT_TRUE(applied.error().code == Errc::invalid || applied.error().code == Errc::unsupported);
    ASSERT_EQ(state.items, before) << "bit " << bit;
  }
}

TEST_F(InboxMalformed, CorruptRecordsAreReportedNotServed) {
  const auto good = state.items;
  for (const auto& [key, value] : good) {
    if (value.empty()) continue;
    state.items = good;
    const bool is_session = split_key(key)->kind == KeyKind::session;
    // A session's last four bytes say that it has no user, is of no import, and that nobody else may still be
    // served; older records end there.
    state.items[key] = value.substr(0, value.size() - (is_session ? 5 : 1));
    InboxMachine other(1);
    const Status loaded = other.load(state);
    EXPECT_EQ(loaded.ok(), !is_session);
    BatchBuilder<Question> question;
    question.add(ListSubscriptions{owner, "", 10});
    question.add(GetSession{owner});
    std::string reply;
    const Status answered = machine.query(now_ms, question.take(), state, reply);
    ASSERT_FALSE(answered.ok());
    EXPECT_EQ(answered.error().code, Errc::corrupt);
  }
}

TEST(InboxNotices, CutOnesAreCorruptAndUnknownKindsArePassedOver) {
  std::vector<kv::Notice> notices;
  add_notice(notices, kv::NodeId{1}, Ready{holder, 1, 2, 3});
  const std::size_t first = notices[0].text.size();
  add_notice(notices, kv::NodeId{1}, TakenOver{holder, 1, 2});
  ASSERT_EQ(notices.size(), 1u);
  const std::string& text = notices[0].text;
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_EQ(read_notice(text.substr(0, cut)).ok(), cut == 0 || cut == first) << cut;
  std::string unknown = text;
  unknown[0] = 50;
  EXPECT_EQ(read_notice(unknown)->size(), 1u);
}

}  // namespace
}  // namespace tenon::service::inbox
