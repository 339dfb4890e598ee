#include "session/sent_aliases.h"

#include <map>
#include <random>

#include "base/digest/hash.h"
#include "session/test_client.h"

namespace tenon::session {
namespace {

using mqtt::PacketType;
using mqtt::QoS;
using mqtt::Version;

constexpr std::uint16_t none = 0;

// A table with the client's own behind it, as a connection and its client have them.
struct Told {
  explicit Told(std::uint16_t alias_max) : aliases(alias_max), alias_max(alias_max) {}

  // The alias that a message of `topic` goes with.
  std::uint16_t send(const std::string& topic) {
    const std::uint64_t hash = keyed_hash(topic, 0);
    const SentAliases::Choice choice = aliases.choose(topic, hash);
    EXPECT_LE(choice.alias, alias_max);
    if (choice.is_known) {
      EXPECT_EQ(client[choice.alias], topic);
    } else if (choice.is_new()) {
      client[choice.alias] = topic;
      aliases.keep(choice.alias, topic, hash);
    }
    known = choice.is_known;
    return choice.alias;
  }

  SentAliases aliases;
  const std::uint16_t alias_max;
  std::map<std::uint16_t, std::string> client;
  bool known = false;  // the last message went without its topic
};

std::string topic(int number) {
  return "plant/machine/" + std::to_string(number);
}

TEST(SentAliases, TopicGetsOneWhenItComesAgainAndIsLeftOutFromThenOn) {
  Told told(16);
  EXPECT_EQ(told.send(topic(1)), none);
  EXPECT_EQ(told.send(topic(2)), none);
  EXPECT_EQ(told.send(topic(1)), 1);
  EXPECT_FALSE(told.known);
  EXPECT_EQ(told.send(topic(1)), 1);
  EXPECT_TRUE(told.known);
  EXPECT_EQ(told.send(topic(2)), 2);
  EXPECT_FALSE(told.known);
}

TEST(SentAliases, TopicsThatAreNotWorthOneAreLeftAlone) {
  Told told(16);
  const std::string shortest(SentAliases::topic_bytes_min, 's');
  const std::string longest(SentAliases::topic_bytes_max, 'l');
  for (const std::string& text : {shortest, longest}) {
    told.send(text);
    EXPECT_NE(told.send(text), none);
  }
  for (const std::string& text : {shortest.substr(1), longest + 'l'}) {
    told.send(text);
    EXPECT_EQ(told.send(text), none);
  }
}

TEST(SentAliases, AliasThatWasNotKeptIsNotKnown) {
  SentAliases aliases(4);
  const std::string text = topic(1);
  aliases.choose(text, 7);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(aliases.choose(text, 7).is_new());
  aliases.keep(1, text, 7);
  EXPECT_TRUE(aliases.choose(text, 7).is_known);
}

TEST(SentAliases, TopicsOfOneHashAreNotTakenForEachOther) {
  SentAliases aliases(4);
  aliases.choose(topic(1), 7);
  const auto first = aliases.choose(topic(1), 7);
  aliases.keep(first.alias, topic(1), 7);
  EXPECT_FALSE(aliases.choose(topic(2), 7).is_known);
  const auto second = aliases.choose(topic(2), 7);
  ASSERT_TRUE(second.is_new());
  aliases.keep(second.alias, topic(2), 7);
  EXPECT_EQ(aliases.choose(topic(1), 7).alias, first.alias);
  EXPECT_EQ(aliases.choose(topic(2), 7).alias, second.alias);
}

TEST(SentAliases, WhenAllAreTakenTheOneThatIsNotUsedGoes) {
  Told told(2);
  for (int i = 0; i < 2; ++i)
    for (const int number : {1, 2}) told.send(topic(number));
  for (int i = 0; i < 2; ++i) told.send(topic(3));  // 1 goes, and both have had their round
  EXPECT_EQ(told.client[1], topic(3));
  told.send(topic(3));
  for (int i = 0; i < 2; ++i) told.send(topic(4));
  EXPECT_EQ(told.client[1], topic(3));
  EXPECT_EQ(told.client[2], topic(4));
  EXPECT_EQ(told.send(topic(2)), none);
}

// More topics than can be remembered, one after another: nothing is gained by giving each an alias for once.
TEST(SentAliases, TopicsThatComeInALongRoundGetNone) {
  Told told(16);
  for (int round = 0; round < 3; ++round)
    for (int number = 0; number < 1000; ++number) EXPECT_EQ(told.send(topic(number)), none);
}

TEST(SentAliases, ClientKnowsWhatIsLeftOutWhateverComes) {
  for (const std::uint16_t alias_max : {1, 2, 15, 16, 17, 32, 100, 1024}) {
    std::mt19937 random(alias_max);
    Told told(alias_max);
    std::geometric_distribution<int> number(4.0 / alias_max / 5);
    int known = 0;
    for (int step = 0; step < 5'000; ++step) {
      told.send(topic(number(random)));
      known += told.known ? 1 : 0;
    }
    EXPECT_GT(known, 1'000) << alias_max;
    EXPECT_EQ(told.client.count(none), 0u);
  }
}

class OutboundAliases : public ConnectionTest {
 protected:
  void go_live_with(std::uint16_t alias_max, std::uint32_t packet_bytes_max = mqtt::packet_bytes_limit) {
    auto packet = connect_packet();
    packet.properties.topic_alias_maximum = alias_max;
    packet.properties.packet_bytes_max = packet_bytes_max;
    connect(packet);
    ASSERT_TRUE(connection->live());
    received();
  }
  void deliver_with_ids(std::string_view topic, std::string_view payload = "p") {
    MessageView view;
    view.topic = topic;
    view.payload = as_bytes(payload);
    const std::uint32_t ids[] = {5};
    Publication publication(view);
    connection->deliver(publication, {QoS::at_most_once, false, ids});
  }
};

TEST_F(OutboundAliases, EachQosAndRetainGoesByOneAlias) {
  go_live_with(10);
  deliver("sensors/1", QoS::at_most_once);
  deliver("sensors/1", QoS::at_least_once);
  deliver("sensors/1", QoS::exactly_once);
  deliver("sensors/1", QoS::at_most_once);
  deliver_with_ids("sensors/1");
  EXPECT_EQ(received(),
            (Lines{"PUBLISH sensors/1 qos0: p", "PUBLISH sensors/1 alias1 qos1 id1: p",
                   "PUBLISH alias1 qos2 id2: p", "PUBLISH alias1 qos0: p", "PUBLISH alias1 qos0: p"}));
}

TEST_F(OutboundAliases, MessageWithSubscriptionIdsGivesOneToo) {
  go_live_with(10);
  for (int i = 0; i < 3; ++i) deliver_with_ids("sensors/1");
  deliver("sensors/1", QoS::at_most_once);
  EXPECT_EQ(received(), (Lines{"PUBLISH sensors/1 qos0: p", "PUBLISH sensors/1 alias1 qos0: p",
                               "PUBLISH alias1 qos0: p", "PUBLISH alias1 qos0: p"}));
}

TEST_F(OutboundAliases, ClientThatAllowsNoneGetsNoneMqtt3_1_2_27) {
  go_live();
  for (int i = 0; i < 3; ++i) deliver("sensors/1", QoS::at_most_once);
  EXPECT_EQ(received(), Lines(3, "PUBLISH sensors/1 qos0: p"));
  connection.reset();
  go_live_with(0);
  for (int i = 0; i < 3; ++i) deliver("sensors/1", QoS::at_most_once);
  EXPECT_EQ(received(), Lines(3, "PUBLISH sensors/1 qos0: p"));
}

TEST_F(OutboundAliases, NoneIsAboveTheClientsMaximumMqtt3_3_2_11) {
  go_live_with(1);
  for (int i = 0; i < 3; ++i) deliver("sensors/1", QoS::at_most_once);
  received();
  for (int i = 0; i < 2; ++i) deliver("sensors/2", QoS::at_most_once);
  // The alias stands for the other topic now, which goes along.
  EXPECT_EQ(received(), (Lines{"PUBLISH sensors/2 qos0: p", "PUBLISH sensors/2 alias1 qos0: p"}));
  deliver("sensors/1", QoS::at_most_once);
  deliver("sensors/2", QoS::at_most_once);
  EXPECT_EQ(received(), (Lines{"PUBLISH sensors/1 qos0: p", "PUBLISH alias1 qos0: p"}));
}

TEST_F(OutboundAliases, NoneIsGivenWhenTheBrokersOwnMaximumIsNone) {
  limits.topic_alias_out_max = 0;
  go_live_with(10);
  for (int i = 0; i < 3; ++i) deliver("sensors/1", QoS::at_most_once);
  EXPECT_EQ(received(), Lines(3, "PUBLISH sensors/1 qos0: p"));
}

TEST_F(OutboundAliases, TheyEndWithTheConnectionMqtt3_3_2_7) {
  MessageView view;
  view.topic = "sensors/1";
  InboxItem item;
  item.qos = QoS::at_least_once;
  item.message = Message::make(view);
  for (std::uint64_t number = 0; number < 3; ++number) {
    item.position = number + 1;
    item.number = number;
    ports.inbox.push_back(item);
  }
  ports.attach_answer->stored = true;
  auto packet = connect_packet();
  packet.properties.topic_alias_maximum = 10;
  connect(packet);
  EXPECT_EQ(received(), (Lines{"CONNACK success", "PUBLISH sensors/1 qos1 id1: ",
                               "PUBLISH sensors/1 alias1 qos1 id2: ", "PUBLISH alias1 qos1 id3: "}));
  for (InboxItem& sent : ports.inbox) sent.state = InboxItem::State::sent;
  connection.reset();
  ports.attach_answer->session_present = true;
  connect(packet);
  EXPECT_EQ(received(), (Lines{"CONNACK success present", "PUBLISH sensors/1 qos1 id1 dup: ",
                               "PUBLISH sensors/1 alias1 qos1 id2 dup: ", "PUBLISH alias1 qos1 id3 dup: "}));
}

// A message that is dropped has told the client nothing.
TEST_F(OutboundAliases, DroppedMessageGivesNone) {
  limits.output_bytes_max = 10;
  go_live_with(10);
  deliver("sensors/1", QoS::at_most_once, "fills the output");
  for (int i = 0; i < 3; ++i) deliver("sensors/1", QoS::at_most_once, "dropped");
  EXPECT_EQ(ports.drops.size(), 3u);
  EXPECT_EQ(received(), Lines{"PUBLISH sensors/1 qos0: fills the output"});
  deliver("sensors/1", QoS::at_most_once);
  EXPECT_EQ(received(), Lines{"PUBLISH sensors/1 alias1 qos0: p"});
  deliver("sensors/1", QoS::at_most_once);
  EXPECT_EQ(received(), Lines{"PUBLISH alias1 qos0: p"});
}

TEST_F(OutboundAliases, PacketThatTheAliasWouldMakeTooLargeGoesWithoutMqtt3_1_2_24) {
  const std::string payload(20, 'x');
  // Type, length, topic with its length, no properties.
  const std::uint32_t plain_bytes = 2 + 2 + 9 + 1 + 20;
  go_live_with(10, plain_bytes + 2);
  for (int i = 0; i < 3; ++i) deliver("sensors/1", QoS::at_most_once, payload);
  EXPECT_EQ(received(), Lines(3, "PUBLISH sensors/1 qos0: " + payload));
  deliver("sensors/1", QoS::at_most_once, "less");
  deliver("sensors/1", QoS::at_most_once, payload);
  EXPECT_EQ(received(), (Lines{"PUBLISH sensors/1 alias1 qos0: less", "PUBLISH alias1 qos0: " + payload}));
  deliver("sensors/1", QoS::at_most_once, std::string(plain_bytes, 'x'));
  EXPECT_EQ(ports.drops, std::vector({std::pair{DropCause::too_large, QoS::at_most_once}}));
  EXPECT_EQ(received(), Lines{});

  connection.reset();
  go_live_with(10, plain_bytes + 2 + 2);  // with a subscription id
  for (int i = 0; i < 3; ++i) deliver_with_ids("sensors/1", payload);
  EXPECT_EQ(received(), Lines(3, "PUBLISH sensors/1 qos0: " + payload));
}

TEST_F(OutboundAliases, LargePayloadAndPropertiesFollowWhole) {
  go_live_with(10);
  mqtt::MessageProperties properties;
  properties.content_type = "text";
  mqtt::ByteBuffer forwarded;
  ASSERT_EQ(mqtt::append_forwarded(forwarded.writer(), properties), mqtt::EncodeStatus::ok);
  const std::string payload(5000, 'x');
  MessageView view;
  view.topic = "sensors/1";
  view.payload = as_bytes(payload);
  view.forwarded = forwarded.bytes();
  view.expires_at_ms = time.unix_ms + 60'000;
  for (int i = 0; i < 3; ++i) {
    Publication publication(view);
    connection->deliver(publication, {QoS::at_least_once, false, {}});
  }
  const std::string bytes = take_output();
  Bytes rest = as_bytes(bytes);
  for (unsigned i = 0; i < 3; ++i) {
    const auto rules = mqtt::rules_for(version, mqtt::Sender::server, mqtt::packet_bytes_limit);
    const auto found = mqtt::find_frame(rest, rules);
    ASSERT_EQ(found.status, mqtt::FrameStatus::ready);
    const auto packet = mqtt::decode_publish(found.frame, version, mqtt::Sender::server);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->topic, i == 2 ? "" : "sensors/1");
    EXPECT_EQ(packet->properties.topic_alias.value_or(0), i == 0 ? 0 : 1);
    EXPECT_EQ(packet->properties.message_expiry_s, 60u);
    EXPECT_EQ(packet->properties.content_type, "text");
    EXPECT_EQ(as_text(packet->payload), payload);
    rest = rest.subspan(found.frame.size_bytes());
  }
  EXPECT_TRUE(rest.empty());
}

// What two clients share of a message leaves the alias of each its own.
TEST_F(OutboundAliases, ReceiversOfOneMessageHaveTheirOwn) {
  go_live_with(10);
  for (int i = 0; i < 2; ++i) deliver("sensors/1", QoS::at_most_once);
  const std::unique_ptr<Connection> first = std::move(connection);
  go_live_with(10);
  for (int i = 0; i < 2; ++i) deliver("sensors/2", QoS::at_most_once);
  for (int i = 0; i < 2; ++i) deliver("sensors/1", QoS::at_most_once);
  received();
  MessageView view;
  view.topic = "sensors/1";
  Publication publication(view);
  connection->deliver(publication, {QoS::at_most_once, false, {}});
  first->output().clear();
  first->deliver(publication, {QoS::at_most_once, false, {}});
  EXPECT_EQ(received(), Lines{"PUBLISH alias2 qos0: "});
  std::array<Bytes, 4> pieces;
  ASSERT_EQ(first->output().gather(pieces), 1u);
  EXPECT_EQ(as_text(pieces[0]), std::string_view("\x30\x06\0\0\x03\x23\0\x01", 8));
}

}  // namespace
}  // namespace tenon::session
