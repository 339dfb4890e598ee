#include "service/retain/retain_writers.h"

#include "base/tenant.h"
#include "hex.h"
#include "machine_fixture.h"
#include "retain/retained_message.h"
#include "service/retain/retain_key.h"
#include "service/retain/retain_machine.h"

namespace tenon::service::retain {
namespace {

constexpr std::uint64_t alice = 11;
constexpr std::uint64_t bob = 12;

// What a node would show.
struct Shown final : RetainSink {
  void follow(const session::MessageView& view) override { heard = as_text(view.payload); }
  void refuse(const session::MessageView& late, const session::MessageView& current) override {
    refused = std::string(as_text(late.payload)) + " for " + std::string(as_text(current.payload));
  }
  void load_begins(const std::function<bool(std::string_view)>&) override {}
  void load_ends(bool) override {}

  std::string heard;
  std::string refused;
};

class LateCopies : public MachineFixture<Op, Question> {
 protected:
  PutStatus put(const std::optional<Writer>& writer, std::string_view payload, UnixMs expires_at_ms = 0,
                std::string_view topic = "a") {
    return apply(machine, PutBy{{default_tenant, message(topic, payload, expires_at_ms), count_max}, writer})
        .status;
  }
  PutStatus put_plainly(std::string_view payload) {
    return apply(machine, Put{default_tenant, message("a", payload), count_max}).status;
  }
  std::string shown(std::string_view topic = "a") {
    const auto found = ask(machine, Get{default_tenant, topic}).message;
    const auto listed = ask(machine, Collect{default_tenant, topic}).messages;
    EXPECT_EQ(listed.size(), found ? 1u : 0u);
    return found ? std::string(as_text(found->message.view.payload)) : "";
  }
  // Whether something was to be done.
  bool let_time_pass(UnixMs ms) {
    now_ms += ms;
    std::vector<std::string> commands;
    machine.due(now_ms, commands);
    std::string reply;
    for (const std::string& command : commands) EXPECT_TRUE(apply_text(machine, command, reply).ok());
    return !commands.empty();
  }
  void load_anew() { ASSERT_TRUE(machine.load(state).ok()); }

  std::uint64_t count_max = 10;
  Shown sink;
  RetainMachine machine{5, &sink};
};

TEST_F(LateCopies, OneDoesNotReplaceWhatOthersHaveWrittenSince_INV_R1) {
  EXPECT_EQ(put(Writer::connection(alice, 2), "resent"), PutStatus::stored);
  EXPECT_EQ(put(Writer::connection(bob, 1), "newer"), PutStatus::stored);
  EXPECT_EQ(put({}, "newest"), PutStatus::stored);
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::late);
  EXPECT_EQ(shown(), "newest");
  EXPECT_EQ(sink.refused, "first copy for newest");
  load_anew();
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::late);
  EXPECT_EQ(put(Writer::connection(alice, 2), "next"), PutStatus::stored);
  EXPECT_EQ(put(Writer::connection(alice, 3), "next one"), PutStatus::stored);
}

TEST_F(LateCopies, OneDoesNotBringBackWhatWasDeleted_INV_R3) {
  put(Writer::connection(alice, 2), "resent");
  EXPECT_EQ(put(Writer::connection(bob, 1), ""), PutStatus::removed);
  load_anew();
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::late);
  EXPECT_EQ(sink.refused, "first copy for ");
  EXPECT_EQ(shown(), "");
  EXPECT_EQ(machine.topic_count(), 0u);
  EXPECT_EQ(put(Writer::connection(alice, 2), "next"), PutStatus::stored);
  EXPECT_EQ(shown(), "next");
}

TEST_F(LateCopies, ADeletionOfWhatIsNotThereIsRemembered_INV_R3) {
  EXPECT_EQ(put(Writer::connection(alice, 2), ""), PutStatus::nothing);
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::late);
  EXPECT_EQ(put({}, "", 0, "b"), PutStatus::nothing);
  EXPECT_EQ(state.items.size(), 1u);
}

TEST_F(LateCopies, ALateDeletionDeletesNothing_INV_R1) {
  put(Writer::connection(alice, 2), "resent");
  EXPECT_EQ(put(Writer::connection(alice, 1), ""), PutStatus::late);
  EXPECT_EQ(shown(), "resent");
}

TEST_F(LateCopies, AWillThatIsHandedOutAgainChangesNothing_INV_W2) {
  EXPECT_EQ(put(Writer::will(alice, 1), "first will"), PutStatus::stored);
  put(Writer::connection(bob, 1), "newer");
  EXPECT_EQ(put(Writer::will(alice, 1), "first will"), PutStatus::late);
  EXPECT_EQ(put(Writer::connection(alice, 1), "came behind its own will"), PutStatus::late);
  EXPECT_EQ(shown(), "newer");
  EXPECT_EQ(put(Writer::connection(alice, 2), "is back"), PutStatus::stored);
  EXPECT_EQ(put(Writer::will(alice, 1), "first will"), PutStatus::late);
  EXPECT_EQ(put(Writer::will(alice, 2), "second will"), PutStatus::stored);
}

TEST_F(LateCopies, AMessageOfAnOutboxThatIsBroughtAgainChangesNothing_INV_R1) {
  EXPECT_EQ(put(Writer::outbox(alice, 7), "post"), PutStatus::stored);
  put({}, "newer");
  EXPECT_EQ(put(Writer::outbox(alice, 7), "post"), PutStatus::late);
  EXPECT_EQ(put(Writer::connection(alice, 1), "not of the outbox"), PutStatus::stored);
  EXPECT_EQ(put(Writer::outbox(alice, 8), "next post"), PutStatus::stored);
}

TEST_F(LateCopies, OneIsOneAtItsOwnTopicOnly) {
  put(Writer::connection(alice, 2), "resent");
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy", 0, "b"), PutStatus::stored);
}

TEST_F(LateCopies, OfAMessageThatHasExpiredTheyAreKnown_INV_R3) {
  put(Writer::connection(alice, 2), "resent", now_ms + 1000);
  EXPECT_FALSE(let_time_pass(999));
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::late);
  EXPECT_TRUE(let_time_pass(1));
  EXPECT_EQ(sink.heard, "");
  EXPECT_EQ(machine.topic_count(), 0u);
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::late);
  EXPECT_EQ(shown(), "");
}

TEST_F(LateCopies, AreKnownForAWhileWhenTheMessageIsGoneAndNothingIsLeftThen) {
  put(Writer::connection(alice, 2), "resent");
  put(Writer::connection(alice, 2), "");
  EXPECT_FALSE(let_time_pass(RetainMachine::remembered_ms - 1));
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::late);
  load_anew();
  EXPECT_TRUE(let_time_pass(1));
  EXPECT_TRUE(state.items.empty());
  EXPECT_FALSE(let_time_pass(1));
  EXPECT_EQ(put(Writer::connection(alice, 1), "later than that"), PutStatus::stored);
}

TEST_F(LateCopies, AMessageThatIsThereKeepsItsWritersForGood) {
  put(Writer::connection(alice, 2), "resent");
  EXPECT_FALSE(let_time_pass(10 * RetainMachine::remembered_ms));
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::late);
}

TEST_F(LateCopies, AreKnownOfSoManyWritersOfATopic) {
  put(Writer::connection(alice, 2), "resent");
  for (std::uint64_t other = 0; other + 1 < writers_max; ++other)
    put(Writer::connection(100 + other, 1), "newer");
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::late);
  put(Writer::connection(bob, 1), "newer");
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::stored);
}

TEST_F(LateCopies, OfMessagesThatAreGoneAreKnownAsLongAsThereIsRoom) {
  const std::string long_topic(60'000, 't');
  const auto topic = [&](std::uint64_t number) { return long_topic + std::to_string(number); };
  const std::uint64_t more = RetainMachine::remembered_bytes_max / long_topic.size() + 1;
  for (std::uint64_t i = 0; i < more; ++i) put(Writer::connection(alice, 2), "", 0, topic(i));
  EXPECT_LT(state.items.size(), more);
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy", 0, topic(0)), PutStatus::late);
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy", 0, topic(more - 1)), PutStatus::stored);
  // What a load counts is what was counted.
  const std::size_t before = state.items.size();
  load_anew();
  put(Writer::connection(alice, 2), "", 0, topic(more));
  EXPECT_EQ(state.items.size(), before);
  let_time_pass(RetainMachine::remembered_ms);
  EXPECT_EQ(state.items.size(), 1u);
  put(Writer::connection(alice, 2), "", 0, topic(more));
  EXPECT_EQ(state.items.size(), 2u);
}

TEST_F(LateCopies, ATopicWithoutAMessageTakesNoRoomOfItsTenant) {
  count_max = 1;
  put(Writer::connection(alice, 1), "1");
  put(Writer::connection(alice, 1), "");
  EXPECT_EQ(put(Writer::connection(alice, 1), "1", 0, "b"), PutStatus::stored);
  EXPECT_EQ(put(Writer::connection(alice, 1), "1"), PutStatus::full);
  load_anew();
  EXPECT_EQ(machine.topic_count(), 1u);
}

TEST_F(LateCopies, AnImportTakesThePlaceOfADeletedMessage) {
  put(Writer::connection(alice, 2), "resent");
  put({}, "");
  EXPECT_EQ(apply(machine, Import{default_tenant, message("a", "saved")}).status, PutStatus::stored);
  EXPECT_EQ(apply(machine, Import{default_tenant, message("a", "saved")}).status, PutStatus::nothing);
  EXPECT_EQ(put(Writer::connection(alice, 1), "first copy"), PutStatus::late);
  EXPECT_EQ(shown(), "saved");
}

// As members do that know nothing of writers.
TEST_F(LateCopies, AnImportInThePlaceOfAnExpiredMessageForgetsItsWriters) {
  put(Writer::connection(alice, 2), "expires", now_ms + 1000);
  now_ms += 1000;
  EXPECT_EQ(apply(machine, Import{default_tenant, message("a", "saved")}).status, PutStatus::stored);
  EXPECT_EQ(to_hex(state.items.begin()->second),
            to_hex(write_record(Retained{index, message("a", "saved")})));
}

// Members that know nothing of writers write the same.
TEST_F(LateCopies, APlainPutLeavesWhatItWouldLeaveWithoutWriters) {
  put(Writer::connection(alice, 2), "resent");
  put_plainly("plain");
  EXPECT_EQ(to_hex(state.items.begin()->second),
            to_hex(write_record(Retained{index, message("a", "plain")})));
  EXPECT_EQ(put_plainly(""), PutStatus::removed);
  EXPECT_TRUE(state.items.empty());
  put(Writer::connection(alice, 2), "");
  put_plainly("plain");
  put_plainly("");
  EXPECT_TRUE(state.items.empty());
  EXPECT_EQ(machine.topic_count(), 0u);
}

TEST_F(LateCopies, BytesStayAsTheyAre) {
  EXPECT_EQ(to_hex(command_of<Op>(PutBy{{"tn", message("a/b", "p", 1000), 7}, Writer::will(3, 4)})),
            "0101041302746e03612f62000170e8070001070106090"
            "1");
  EXPECT_EQ(to_hex(command_of<Op>(Lapse{"tn", "a/b"})), "0101050702746e03612f62");
  EXPECT_EQ(to_hex(write_row({300, message("a", "p"), {}})), "01ac020161000170000001");
  EXPECT_EQ(to_hex(write_row({300, message("a", "p"), {{6, 9}}})), "01ac020161000170000001010609");
  EXPECT_EQ(to_hex(write_row({300, message("a", "", 1000), {{6, 9}}})), "02ac0201610000e8070001010609");
}

TEST_F(LateCopies, DamagedCommandsAreRefusedWhole) {
  put(Writer::connection(alice, 2), "resent", now_ms + 5);
  put(Writer::connection(alice, 2), "", 0, "b");
  BatchBuilder<Op> builder;
  builder.add(PutBy{{default_tenant, message("a", "payload", 1000), 7}, Writer::connection(alice, 1)});
  builder.add(PutBy{{default_tenant, message("b", "payload"), 7}, Writer::will(bob, 1)});
  builder.add(Lapse{default_tenant, "a"});
  expect_refused_when_damaged(machine, builder.take());
}

TEST_F(LateCopies, AMemberThatKnowsNoWritersIsTold) {
  const auto version = [&](const Op& op) { return machine.version_of(command_of<Op>(op)); };
  EXPECT_EQ(version(Put{"", message("a", "1"), 1}), 1);
  EXPECT_EQ(version(PutBy{{"", message("a", "1"), 1}, {}}), 4);
  EXPECT_EQ(machine.version(), 5);
}

}  // namespace
}  // namespace tenon::service::retain
