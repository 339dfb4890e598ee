#include <map>
#include <set>

#include "wire.h"

namespace tenon::mqtt {
namespace {

using test::refused;
using test::Wire;
using enum ReasonCode;

// The places where properties stand, and how a packet around such a block is decoded.
struct Place {
  const char* name;
  std::set<int> allowed;  // the table of MQTT 5.0 §2.2.2.2
  DecodeError (*decode)(const Wire& block);
};

Wire connect_start(unsigned flags) {
  return Wire().text("MQTT").byte(5).byte(flags).two(0);
}

DecodeError in_connect(const Wire& block) {
  return decode_connect(test::frame_of(connect_start(2).properties(block).text("c").packet(0x10))).error();
}
DecodeError in_will(const Wire& block) {
  Wire body = connect_start(6).byte(0).text("c").properties(block).text("w").text("");
  return decode_connect(test::frame_of(body.packet(0x10))).error();
}
DecodeError in_connack(const Wire& block) {
  return decode_connack(test::frame_of(Wire({0, 0}).properties(block).packet(0x20)), Version::v5).error();
}
DecodeError in_publish(const Wire& block, Sender sender) {
  const Wire packet = Wire().text("t").properties(block).packet(0x30);
  return decode_publish(test::frame_of(packet), Version::v5, sender).error();
}
DecodeError in_client_publish(const Wire& block) {
  return in_publish(block, Sender::client);
}
DecodeError in_server_publish(const Wire& block) {
  return in_publish(block, Sender::server);
}
DecodeError in_ack(const Wire& block, unsigned first_byte) {
  return decode_ack(test::frame_of(Wire({0, 1, 0}).properties(block).packet(first_byte)), Version::v5)
      .error();
}
DecodeError in_puback(const Wire& block) {
  return in_ack(block, 0x40);
}
DecodeError in_pubrec(const Wire& block) {
  return in_ack(block, 0x50);
}
DecodeError in_pubrel(const Wire& block) {
  return in_ack(block, 0x62);
}
DecodeError in_pubcomp(const Wire& block) {
  return in_ack(block, 0x70);
}
DecodeError in_subscribe(const Wire& block) {
  const Wire packet = Wire({0, 1}).properties(block).text("f").byte(0).packet(0x82);
  return decode_subscribe(test::frame_of(packet), Version::v5).error();
}
DecodeError in_suback(const Wire& block) {
  return decode_suback(test::frame_of(Wire({0, 1}).properties(block).byte(0).packet(0x90)), Version::v5)
      .error();
}
DecodeError in_unsubscribe(const Wire& block) {
  const Wire packet = Wire({0, 1}).properties(block).text("f").packet(0xA2);
  return decode_unsubscribe(test::frame_of(packet), Version::v5).error();
}
DecodeError in_unsuback(const Wire& block) {
  return decode_unsuback(test::frame_of(Wire({0, 1}).properties(block).byte(0).packet(0xB0)), Version::v5)
      .error();
}
DecodeError in_disconnect(const Wire& block, Sender sender) {
  return decode_disconnect(test::frame_of(Wire({0}).properties(block).packet(0xE0)), Version::v5, sender)
      .error();
}
DecodeError in_client_disconnect(const Wire& block) {
  return in_disconnect(block, Sender::client);
}
DecodeError in_server_disconnect(const Wire& block) {
  return in_disconnect(block, Sender::server);
}
DecodeError in_auth(const Wire& block) {
  return decode_auth(test::frame_of(Wire({0x18}).properties(block).packet(0xF0)), Sender::client).error();
}

const Place places[] = {
    {"CONNECT", {0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27}, in_connect},
    {"will", {0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26}, in_will},
    {"CONNACK",
     {0x11, 0x12, 0x13, 0x15, 0x16, 0x1A, 0x1C, 0x1F, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A},
     in_connack},
    {"PUBLISH of a client", {0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26}, in_client_publish},
    {"PUBLISH of a server", {0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26}, in_server_publish},
    {"PUBACK", {0x1F, 0x26}, in_puback},
    {"PUBREC", {0x1F, 0x26}, in_pubrec},
    {"PUBREL", {0x1F, 0x26}, in_pubrel},
    {"PUBCOMP", {0x1F, 0x26}, in_pubcomp},
    {"SUBSCRIBE", {0x0B, 0x26}, in_subscribe},
    {"SUBACK", {0x1F, 0x26}, in_suback},
    {"UNSUBSCRIBE", {0x26}, in_unsubscribe},
    {"UNSUBACK", {0x1F, 0x26}, in_unsuback},
    {"DISCONNECT of a client", {0x11, 0x1F, 0x26}, in_client_disconnect},
    {"DISCONNECT of a server", {0x1C, 0x1F, 0x26}, in_server_disconnect},
    {"AUTH", {0x15, 0x16, 0x1F, 0x26}, in_auth},
};

// A legal value of each property.
Wire value_of(int id) {
  switch (id) {
    case 0x01:
    case 0x17:
    case 0x19:
    case 0x24:
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2A:
      return Wire({1});
    case 0x13:
    case 0x21:
    case 0x22:
    case 0x23:
      return Wire({0, 1});
    case 0x02:
    case 0x11:
    case 0x18:
    case 0x27:
      return Wire({0, 0, 0, 1});
    case 0x0B:
      return Wire({1});
    case 0x26:
      return Wire().text("n").text("v");
    default:
      return Wire().text("x");
  }
}

Wire property(int id) {
  return Wire().byte(static_cast<unsigned>(id)).add(value_of(id));
}

// What must stand beside the property for the packet to make sense.
Wire block_with(int id, const Place& place) {
  Wire block = property(id);
  const bool needs_method = id == 0x16 || std::string_view(place.name) == "AUTH";
  if (needs_method && id != 0x15) block.add(property(0x15));
  return block;
}

// MQTT 5.0 §2.2.2.2
TEST(Property, EachIsAcceptedExactlyWhereTheStandardPutsIt) {
  for (const Place& place : places)
    for (int id = 0; id < 256; ++id) {
      const DecodeError error = place.decode(block_with(id, place));
      EXPECT_EQ(!error, place.allowed.contains(id)) << place.name << " " << id << " " << to_string(error);
      if (!error || place.allowed.contains(id)) continue;
      const bool wrong_end = error.code == protocol_error;  // legal in the packet, but not from this end
      EXPECT_TRUE(wrong_end || refused(error, malformed_packet, "not allowed in this packet"))
          << place.name << id;
    }
}

TEST(Property, AllButUserPropertiesAndSubscriptionIdsAppearOnce) {
  for (const Place& place : places)
    for (const int id : place.allowed) {
      Wire twice = block_with(id, place);
      const DecodeError error = place.decode(twice.add(property(id)));
      const bool repeatable =
          id == 0x26 || (id == 0x0B && std::string_view(place.name) == "PUBLISH of a server");
      if (repeatable) {
        EXPECT_FALSE(error) << place.name << " " << id;
      } else {
        EXPECT_TRUE(refused(error, protocol_error, "appears twice")) << place.name << " " << id;
      }
    }
}

TEST(Property, ValuesCutShortAreRefused) {
  for (const Place& place : places)
    for (const int id : place.allowed) {
      const Wire whole = property(id);
      for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        const Wire part = Wire().raw(as_text(Bytes(whole).first(cut)));
        EXPECT_TRUE(refused(place.decode(part), malformed_packet, "cut short")) << place.name << " " << id;
      }
    }
}

TEST(Property, ValuesThatMustNotBeZeroAreRefused) {
  EXPECT_TRUE(refused(in_connect(Wire({0x21, 0, 0})), protocol_error, "receive maximum is 0"));
  EXPECT_TRUE(refused(in_connack(Wire({0x21, 0, 0})), protocol_error, "receive maximum is 0"));
  EXPECT_TRUE(refused(in_connect(Wire({0x27, 0, 0, 0, 0})), protocol_error, "maximum packet size is 0"));
  EXPECT_TRUE(refused(in_connack(Wire({0x27, 0, 0, 0, 0})), protocol_error, "maximum packet size is 0"));
}

TEST(Property, FlagsAreZeroOrOne) {
  for (const int id : {0x17, 0x19})
    EXPECT_TRUE(refused(in_connect(Wire({id, 2})), protocol_error, "other than 0"));
  for (const int id : {0x24, 0x25, 0x28, 0x29, 0x2A})
    EXPECT_TRUE(refused(in_connack(Wire({id, 2})), protocol_error, "other than 0 and 1"));
  EXPECT_TRUE(refused(in_will(Wire({0x01, 2})), protocol_error, "other than 0 and 1"));
}

// [MQTT-1.5.4-1]
TEST(Property, TextsAreUtf8) {
  for (const Place& place : places)
    for (const int id : place.allowed)
      if (value_of(id).size() == 3) {
        const bool binary = id == 0x09 || id == 0x16;
        Wire block = Wire().byte(static_cast<unsigned>(id)).text("\xFF");
        if (id == 0x16) block.add(property(0x15));
        const DecodeError error = place.decode(block);
        if (binary) {
          EXPECT_FALSE(error) << place.name << " " << id << to_string(error);
        } else {
          EXPECT_TRUE(refused(error, malformed_packet, "not well-formed UTF-8")) << place.name << " " << id;
        }
      }
}

TEST(Property, EachHasAName) {
  std::map<std::string_view, int> names;
  for (int id = 0; id < 256; ++id) ++names[to_string(static_cast<PropertyId>(id))];
  EXPECT_EQ(names.size(), 28u) << "27 and the answer for all others";
  EXPECT_EQ(names["unknown property"], 256 - 27);
}

// [MQTT-3.3.2-18]
TEST(UserProperties, OrderIsKeptBetweenOtherProperties) {
  const Wire block = test::user_property("b", "1")
                         .add(Wire({0x1F}).text("reason"))
                         .add(test::user_property("a", ""))
                         .add(test::user_property("", "2"));
  const UserProperties user(block, block.size() - 9);
  EXPECT_EQ(test::pairs_of(user),
            (std::vector<std::pair<std::string, std::string>>{{"b", "1"}, {"a", ""}, {"", "2"}}));
  std::vector<std::uint8_t> copy(user.encoded_bytes());
  EXPECT_EQ(user.copy_to(copy.data()), copy.data() + copy.size());
  EXPECT_EQ(copy, test::user_property("b", "1")
                      .add(test::user_property("a", ""))
                      .add(test::user_property("", "2"))
                      .data());
}

TEST(UserProperties, AppendedOnesAreReadBack) {
  ByteBuffer buffer;
  EXPECT_TRUE(UserProperties(buffer.bytes()).empty());
  ASSERT_EQ(append_user_property(buffer.writer(), "n", "v"), EncodeStatus::ok);
  ASSERT_EQ(append_user_property(buffer.writer(), "n", "w"), EncodeStatus::ok);
  EXPECT_EQ(test::pairs_of(UserProperties(buffer.bytes())),
            (std::vector<std::pair<std::string, std::string>>{{"n", "v"}, {"n", "w"}}));
  EXPECT_EQ(append_user_property(buffer.writer(), std::string(65'536, 'x'), ""),
            EncodeStatus::unrepresentable);
}

}  // namespace
}  // namespace tenon::mqtt
