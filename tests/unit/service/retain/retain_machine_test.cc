#include "service/retain/retain_machine.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/tenant.h"
#include "hex.h"
#include "machine_fixture.h"
#include "retain/retained_message.h"
#include "service/retain/retain_key.h"
#include "support/sim_random.h"
#include "topic/topic.h"

namespace tenon::service::retain {
namespace {

using Topics = std::vector<std::string>;

class RetainedMessages : public MachineFixture<Op, Question> {
 protected:
  PutStatus put(std::string_view topic, std::string_view payload, UnixMs expires_at_ms = 0,
                std::string_view tenant = "") {
    return apply(machine, Put{tenant, message(topic, payload, expires_at_ms), count_max}).status;
  }
  Topics collect(std::string_view filter, std::uint32_t page = 100, std::string_view tenant = "") {
    Topics topics;
    std::string cursor;
    do {
      const auto reply = ask(machine, Collect{tenant, filter, cursor, page, 1 << 20});
      EXPECT_LE(reply.messages.size(), page);
      for (const auto& one : reply.messages) topics.emplace_back(one.message.view.topic);
      cursor = reply.cursor;
    } while (!cursor.empty());
    return topics;
  }
  std::string payload_of(std::string_view topic) {
    const auto found = ask(machine, Get{"", topic}).message;
    return found ? std::string(as_text(found->message.view.payload)) : "";
  }

  std::uint64_t count_max = 1'000'000;
  RetainMachine machine{5};
};

TEST_F(RetainedMessages, LastOneOfEachTopicIsKept_MQTT_3_3_1_5) {
  EXPECT_EQ(put("a/b", "1"), PutStatus::stored);
  EXPECT_EQ(put("a/b", "2"), PutStatus::stored);
  EXPECT_EQ(payload_of("a/b"), "2");
  EXPECT_EQ(payload_of("a"), "");
  EXPECT_EQ(machine.topic_count(), 1u);
}

TEST_F(RetainedMessages, EmptyPayloadRemovesIt_MQTT_3_3_1_6_INV_R3) {
  put("a", "1");
  EXPECT_EQ(put("a", ""), PutStatus::removed);
  EXPECT_EQ(put("a", ""), PutStatus::nothing);
  EXPECT_TRUE(state.items.empty());
  EXPECT_EQ(machine.topic_count(), 0u);
}

TEST_F(RetainedMessages, IndexGrowsFromPutToPut_INV_R2) {
  const auto first = apply(machine, Put{"", message("a", "1"), 10});
  const auto second = apply(machine, Put{"", message("a", "2"), 10});
  EXPECT_LT(first.index, second.index);
  EXPECT_EQ(ask(machine, Get{"", "a"}).message->index, second.index);
}

TEST_F(RetainedMessages, CountLimitIsOfEachTenantAndForNewTopicsOnly) {
  count_max = 2;
  put("a", "1");
  put("b", "1");
  EXPECT_EQ(put("c", "1"), PutStatus::full);
  EXPECT_EQ(put("a", "2"), PutStatus::stored);
  EXPECT_EQ(put("c", "1", 0, "other"), PutStatus::stored);
  put("b", "");
  EXPECT_EQ(put("c", "1"), PutStatus::stored);
  ASSERT_TRUE(machine.load(state).ok());
  EXPECT_EQ(put("d", "1"), PutStatus::full);
}

TEST_F(RetainedMessages, WhoFollowsHearsOfWhatChangesNothingAsNodesMayShowIt_INV_R1) {
  struct Sink final : RetainSink {
    void follow(const session::MessageView& view) override {
      heard += std::string(view.topic) + '=' + std::string(as_text(view.payload)) + ' ';
    }
    void refuse(const session::MessageView&, const session::MessageView&) override {}
    void load_begins(const std::function<bool(std::string_view)>&) override {}
    void load_ends(bool) override {}
    std::string heard;
  } sink;
  RetainMachine followed{5, &sink};
  apply(followed, Put{"", message("a", "1"), 1});
  EXPECT_EQ(apply(followed, Put{"", message("b", "1"), 1}).status, PutStatus::full);
  EXPECT_EQ(sink.heard, "a=1 b= ");
  EXPECT_EQ(apply(followed, Put{"", message("c", ""), 1}).status, PutStatus::nothing);
  EXPECT_EQ(sink.heard, "a=1 b= c= ") << "a node shows its own deletion until it hears of it";
}

TEST_F(RetainedMessages, TenantsDoNotSeeEachOther) {
  put("a", "1", 0, "x");
  put("a", "1", 0, "y");
  put("b", "1", 0, "y");
  EXPECT_EQ(collect("#", 100, "x"), Topics{"a"});
  EXPECT_EQ(collect("#", 1, "y"), (Topics{"a", "b"}));
  EXPECT_TRUE(collect("#").empty());
}

TEST_F(RetainedMessages, WildcardsAtTheStartHideDollarTopics_MQTT_4_7_2_1) {
  for (const char* topic : {"!", "$SYS/x", "$a", "a/x", "x"}) put(topic, "1");
  EXPECT_EQ(collect("#"), (Topics{"!", "a/x", "x"}));
  EXPECT_EQ(collect("+"), (Topics{"!", "x"}));
  EXPECT_EQ(collect("+/x"), Topics{"a/x"});
  EXPECT_EQ(collect("$SYS/#"), Topics{"$SYS/x"});
}

TEST_F(RetainedMessages, CollectIsWhatMatchingEachTopicGives_INV_R4) {
  test::SimRandom random(11);
  const std::vector<std::string> levels{"", "a", "b", "ab", "$x", "\x01", "\xc3\xa4"};
  const auto some_path = [&](bool wildcards) {
    std::string path;
    const std::uint64_t count = 1 + random.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i > 0) path += '/';
      if (wildcards && random.percent(40))
        path += '+';
      else if (wildcards && i + 1 == count && random.percent(50))
        path += '#';
      else
        path += levels[random.below(levels.size())];
    }
    return path.empty() ? std::string("/") : path;
  };
  std::vector<std::string> topics;
  for (int i = 0; i < 200; ++i) {
    const std::string topic = some_path(false);
    put(topic, "1");
    topics.push_back(topic);
  }
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  for (int i = 0; i < 500; ++i) {
    const std::string filter = some_path(true);
    Topics expected;
    for (const std::string& topic : topics)
      if (topic::matches(filter, topic)) expected.push_back(topic);
    Topics found = collect(filter, static_cast<std::uint32_t>(1 + random.below(20)));
    std::sort(found.begin(), found.end());
    ASSERT_EQ(found, expected) << "filter " << filter;
  }
}

TEST_F(RetainedMessages, CollectWalksTheMatchingPartOnly) {
  for (int i = 0; i < 1000; ++i)
    for (const char* kind : {"t", "u", "v"}) put("site/" + std::to_string(i) + "/" + kind, "1");
  const auto walked = [this](std::string_view filter) {
    state.visited = 0;
    collect(filter, 10'000);
    return state.visited;
  };
  EXPECT_LE(walked("site/500/#"), 4u);
  EXPECT_LE(walked("site/500/+"), 4u);
  EXPECT_LE(walked("other/#"), 1u);
  EXPECT_LE(walked("site/+"), 1001u);
  EXPECT_LE(walked("site/+/u"), 3001u);
}

TEST_F(RetainedMessages, LongWalkWithoutAMatchComesBackInPieces) {
  for (int i = 0; i < 25'000; ++i) put("site/" + std::to_string(i) + "/t", "1");
  put("site/9/u", "1");
  state.visited = 0;
  const auto piece = ask(machine, Collect{"", "site/+/u", "", 10, 1 << 20});
  EXPECT_LE(state.visited, Collect::looked_max + 1);
  EXPECT_FALSE(piece.cursor.empty());
  EXPECT_EQ(collect("site/+/u"), Topics{"site/9/u"});
}

TEST_F(RetainedMessages, ExpiredOnesAreNotGivenAndGoWhenDue) {
  put("a", "1", now_ms + 1000);
  put("b", "1", now_ms + 5000);
  put("c", "1");
  now_ms += 1000;
  EXPECT_EQ(collect("#"), (Topics{"b", "c"}));
  EXPECT_EQ(payload_of("a"), "");
  RetainMachine other(9);
  ASSERT_TRUE(other.load(state).ok());
  std::vector<std::string> commands, of_other;
  machine.due(now_ms, commands);
  other.due(now_ms, of_other);
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(commands, of_other);
  std::string reply;
  ASSERT_TRUE(apply_text(machine, commands[0], reply).ok());
  EXPECT_EQ(machine.topic_count(), 2u);
  commands.clear();
  machine.due(now_ms, commands);
  EXPECT_TRUE(commands.empty());
}

// Longer than a link takes, a command would never be committed, and nothing behind it.
TEST_F(RetainedMessages, ManyLongTopicsThatExpireTogetherGoInCommandsThatAreShort) {
  constexpr int count = 300;
  for (int i = 0; i < count; ++i) put(std::to_string(i) + std::string(60'000, 'x'), "1", now_ms + 1000);
  now_ms += 1000;
  std::vector<std::string> commands;
  machine.due(now_ms, commands);
  for (const std::string& command : commands) {
    EXPECT_LT(command.size(), std::size_t{1} << 20);
    std::string reply;
    ASSERT_TRUE(apply_text(machine, command, reply).ok());
  }
  EXPECT_EQ(machine.topic_count(), 0u);
}

TEST_F(RetainedMessages, LateExpiryLeavesANewerMessage) {
  put("a", "1", now_ms + 1000);
  std::vector<std::string> commands;
  machine.due(now_ms + 1000, commands);
  put("a", "2");
  now_ms += 1000;
  std::string reply;
  ASSERT_TRUE(apply_text(machine, commands.at(0), reply).ok());
  EXPECT_EQ(payload_of("a"), "2");
}

TEST_F(RetainedMessages, ImportedOnesAreKeptWhereThereIsNone) {
  const auto import = [&](std::string_view topic) {
    return apply(machine, Import{"", message(topic, "old")}).status;
  };
  put("a", "new");
  put("b", "over", now_ms + 5);
  EXPECT_EQ(import("a"), PutStatus::nothing);
  EXPECT_EQ(import("c"), PutStatus::stored);
  now_ms += 5;
  EXPECT_EQ(import("b"), PutStatus::stored);
  EXPECT_EQ(payload_of("a"), "new");
  EXPECT_EQ(payload_of("b"), "old");
  EXPECT_EQ(payload_of("c"), "old");
  EXPECT_EQ(machine.topic_count(), 3u);
  EXPECT_FALSE((Import{"", message("a", "")}).makes_sense());
}

TEST_F(RetainedMessages, AreSplitBeforeWholeTopicsOnly) {
  const std::string key = key_of("t", "a/b");
  for (std::size_t cut = 0; cut <= key.size(); ++cut)
    EXPECT_EQ(machine.may_split_at(key.substr(0, cut)), cut == 6 || cut == 9) << cut;
}

// The content of a range [begin, end), beside that of other ranges.
class Part final : public kv::StateView {
 public:
  Part(const MapState& all, std::string begin, std::string end)
      : all_(all), begin_(std::move(begin)), end_(std::move(end)) {}
  Result<std::optional<std::string>> get(std::string_view key) const override { return all_.get(key); }
  Status scan(std::string_view, std::string_view, const Visit& visit) const override {
    return all_.scan(begin_, end_, visit);
  }
  bool covers(std::string_view key) const override { return key >= begin_ && (end_.empty() || key < end_); }

 private:
  const MapState& all_;
  const std::string begin_;
  const std::string end_;
};

// The topics that are known, of all ranges.
struct Known final : RetainSink {
  void follow(const session::MessageView& message) override {
    const std::string topic(message.topic);
    in_doubt.erase(topic);
    if (message.payload.empty())
      topics.erase(topic);
    else
      topics.insert(topic);
  }
  void refuse(const session::MessageView&, const session::MessageView&) override {}
  void load_begins(const std::function<bool(std::string_view topic)>& is_of_range) override {
    for (const std::string& topic : topics)
      if (is_of_range(topic)) in_doubt.insert(topic);
  }
  void load_ends(bool is_whole) override {
    if (is_whole)
      for (const std::string& topic : in_doubt) topics.erase(topic);
    in_doubt.clear();
  }

  std::set<std::string> topics;
  std::set<std::string> in_doubt;
};

TEST_F(RetainedMessages, ALoadForgetsWhatItsOwnRangeLacksAndNothingOfOthers_INV_C1) {
  const std::string middle = key_of(default_tenant, "m");
  const std::string red = key_of("red", "$tenant/red/m");
  const std::set<std::string> all = {"a", "x", "$tenant/red/a", "$tenant/red/x"};
  Known known;
  RetainMachine follower(5, &known);
  for (const std::string& topic : all) put(topic, "1", 0, tenant_of(topic));
  const Part parts[] = {{state, "", middle}, {state, middle, red}, {state, red, ""}};
  for (const Part& part : parts) ASSERT_TRUE(follower.load(part).ok());
  EXPECT_EQ(known.topics, all);
  for (const Part& part : {parts[1], parts[2], parts[0]}) {
    ASSERT_TRUE(follower.load(part).ok());
    EXPECT_EQ(known.topics, all);
  }
  const std::string gone[] = {"a", "x", "$tenant/red/x"};
  for (const std::string& topic : gone) put(topic, "", 0, tenant_of(topic));
  std::set<std::string> left = all;
  for (std::size_t i = 0; i < std::size(parts); ++i) {
    ASSERT_TRUE(follower.load(parts[i]).ok());
    left.erase(gone[i]);
    EXPECT_EQ(known.topics, left);
  }
}

TEST(RetainKey, ATopicIsKeptUnderTheNameOfTheTenantWhoseClientsKnowIt) {
  EXPECT_EQ(tenant_of("a/b"), "default");
  EXPECT_EQ(tenant_of("$tenant/red/a"), "red");
  EXPECT_EQ(tenant_of("$tenant/$red/a"), "default");  // of no tenant: an operator has sent it
}

TEST_F(RetainedMessages, BytesStayAsTheyAre) {
  EXPECT_EQ(to_hex(command_of<Op>(Put{"tn", message("a/b", "p", 1000), 7})),
            "0101010f02746e03612f62000170e807000107");
  EXPECT_EQ(to_hex(command_of<Op>(Expire{"tn", "a/b"})), "0101020702746e03612f62");
  EXPECT_EQ(to_hex(command_of<Op>(Import{"tn", message("a/b", "p", 1000)})),
            "0101030e02746e03612f62000170e8070001");
  EXPECT_EQ(to_hex(write_record(Retained{300, message("a", "p")})), "01ac020161000170000001");
  EXPECT_EQ(to_hex(key_of("t", "a//b")),
            "740001"
            "610001"
            "0001"
            "620001");
  EXPECT_EQ(split_key(key_of("t", "a//b"))->topic, "a//b");
}

TEST_F(RetainedMessages, DamagedCommandsAreRefusedWhole) {
  put("a", "1", now_ms + 5);
  BatchBuilder<Op> builder;
  builder.add(Put{"tn", message("a/b", "payload", 1000), 7});
  builder.add(Put{"", message("a", "", 0), 7});
  builder.add(Expire{"tn", "a/b"});
  builder.add(Import{"tn", message("a/b", "payload", 1000)});
  expect_refused_when_damaged(machine, builder.take());
}

TEST_F(RetainedMessages, CorruptOnesAreReportedNotServed) {
  put("a", "1");
  state.items.begin()->second.pop_back();
  EXPECT_EQ(machine.load(state).error().code, Errc::corrupt);
  BatchBuilder<Question> question;
  question.add(Collect{"", "#", "", 10, 10});
  std::string reply;
  EXPECT_EQ(machine.query(now_ms, question.take(), state, reply).error().code, Errc::corrupt);
}

TEST_F(RetainedMessages, CursorOfAnotherTenantIsInvalid) {
  BatchBuilder<Question> question;
  question.add(Collect{"x", "#", key_of("y", "a"), 10, 10});
  std::string reply;
  EXPECT_EQ(machine.query(now_ms, question.take(), state, reply).error().code, Errc::invalid);
}

}  // namespace
}  // namespace tenon::service::retain
