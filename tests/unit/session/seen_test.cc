// What somebody who traces sees of a connection's packets.
#include <gmock/gmock.h>

#include "session/test_client.h"

namespace tenon::session {
namespace {

using mqtt::PacketType;
using mqtt::QoS;
using testing::ElementsAre;

class SeenTest : public ConnectionTest {};

TEST_F(SeenTest, NothingIsSeenWhileNobodyTraces) {
  go_live();
  publish("t", QoS::at_least_once, 7);
  deliver("t", QoS::at_most_once);
  disconnect();
  EXPECT_TRUE(ports.seen.empty());
}

TEST_F(SeenTest, EachPacketIsSeenOnceInItsOrder) {
  time.is_traced = true;
  go_live();
  publish("in", QoS::at_least_once, 7, "four");
  deliver("out", QoS::at_least_once, "five!");
  ack(PacketType::puback, 1);
  deliver("out", QoS::at_most_once, "");
  connection->disconnect(mqtt::ReasonCode::administrative_action);
  EXPECT_THAT(ports.seen, ElementsAre("< CONNECT", "> CONNACK", "< PUBLISH in qos1 id7 bytes4", "> PUBACK",
                                      "> PUBLISH out qos1 id1 bytes5", "< PUBACK",
                                      "> PUBLISH out qos0 id0 bytes0", "> DISCONNECT"));
}

TEST_F(SeenTest, ATopicIsSeenAsItsTenantKnowsIt) {
  time.is_traced = true;
  go_live();
  ports.seen.clear();
  deliver("$tenant/red/a", QoS::at_most_once, "");
  EXPECT_THAT(ports.seen, ElementsAre("> PUBLISH a qos0 id0 bytes0"));
}

TEST_F(SeenTest, AnAliasIsSeenAsItsTopic) {
  time.is_traced = true;
  limits.topic_alias_max = 5;
  go_live();
  ports.seen.clear();
  for (const char* topic : {"long/topic", ""}) {
    mqtt::Publish packet;
    packet.topic = topic;
    packet.properties.topic_alias = 3;
    send([&](mqtt::Writer& out) { return mqtt::encode_publish(out, packet, {version}); });
  }
  EXPECT_THAT(ports.seen,
              ElementsAre("< PUBLISH long/topic qos0 id0 bytes0", "< PUBLISH long/topic qos0 id0 bytes0"));
}

}  // namespace
}  // namespace tenon::session
