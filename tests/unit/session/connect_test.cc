#include "session/test_client.h"

namespace tenon::session {
namespace {

using mqtt::ReasonCode;
using mqtt::Version;

using Connect = ConnectionTest;

TEST_F(Connect, IsAnsweredInEachVersion) {
  for (const Version v : {Version::v3_1, Version::v3_1_1, Version::v5}) {
    connection.reset();
    connect(connect_packet(v));
    EXPECT_TRUE(connection->live());
    EXPECT_EQ(received(), Lines{"CONNACK success"});
  }
}

TEST_F(Connect, SessionPresentIsToldButNotIn31) {
  ports.attach_answer->session_present = true;
  connect(connect_packet(Version::v3_1_1));
  EXPECT_EQ(received(), Lines{"CONNACK success present"});
  connection.reset();
  connect(connect_packet(Version::v3_1));
  EXPECT_EQ(received(), Lines{"CONNACK success"});
}

TEST_F(Connect, FirstPacketMustBeConnectMqtt3_1_0_1) {
  open();
  const std::uint8_t ping[] = {0xC0, 0};
  connection->on_bytes(ping);
  EXPECT_TRUE(connection->closing());
  EXPECT_TRUE(connection->output().empty());
}

TEST_F(Connect, SecondConnectEndsTheConnectionMqtt3_1_0_2) {
  go_live();
  connect(connect_packet());
  EXPECT_TRUE(connection->closing());
  EXPECT_EQ(received(), Lines{"DISCONNECT protocol error"});
}

TEST_F(Connect, UnknownProtocolLevelIsRefusedInTheFormOf311Mqtt3_1_2_2) {
  open();
  const std::uint8_t bytes[] = {0x10, 13, 0, 4, 'M', 'Q', 'T', 'T', 9, 2, 0, 60, 0, 1, 'c'};
  connection->on_bytes(bytes);
  EXPECT_EQ(take_output(), std::string("\x20\x02\x00\x01", 4));
  EXPECT_TRUE(connection->closing());
}

TEST_F(Connect, VersionThatIsSwitchedOffIsRefused) {
  limits.version_3_1_1 = false;
  connect(connect_packet(Version::v3_1_1));
  EXPECT_EQ(received(), Lines{"CONNACK unsupported protocol version"});
}

TEST_F(Connect, EmptyClientIdIsAssignedIn5AndTold) {
  auto packet = connect_packet();
  packet.client_id = "";
  connect(packet);
  EXPECT_EQ(connection->client_id(), "assigned");
}

TEST_F(Connect, EmptyClientIdWithoutCleanSessionIsRefusedIn311Mqtt3_1_3_8) {
  auto packet = connect_packet(Version::v3_1_1);
  packet.client_id = "";
  packet.clean_start = false;
  connect(packet);
  EXPECT_EQ(received(), Lines{"CONNACK client identifier not valid"});
  EXPECT_TRUE(ports.authenticated.empty());
}

TEST_F(Connect, RefusedLoginTouchesNoSession) {
  ports.auth_answer->code = ReasonCode::bad_user_name_or_password;
  connect(connect_packet());
  EXPECT_EQ(received(), Lines{"CONNACK bad user name or password"});
  EXPECT_TRUE(ports.attached.empty());
  EXPECT_TRUE(ports.ends.empty());
  EXPECT_TRUE(connection->closing());
}

TEST_F(Connect, NothingIsReadWhileTheLoginIsDecided) {
  ports.auth_answer.reset();
  open();
  mqtt::ByteBuffer buffer;
  ASSERT_EQ(mqtt::encode_connect(buffer.writer(), connect_packet(), {}), mqtt::EncodeStatus::ok);
  const std::size_t connect_bytes = buffer.bytes().size();
  ASSERT_EQ(mqtt::encode_pingreq(buffer.writer()), mqtt::EncodeStatus::ok);
  EXPECT_EQ(connection->on_bytes(buffer.bytes()), connect_bytes);
  EXPECT_FALSE(connection->takes_input());
  connection->on_authenticated({});
  EXPECT_TRUE(connection->takes_input());
  EXPECT_EQ(connection->on_bytes(buffer.bytes().subspan(connect_bytes)), 2u);
  EXPECT_EQ(received(), (Lines{"CONNACK success", "PINGRESP"}));
}

TEST_F(Connect, LateAnswerAfterTheClientIsGoneIsHarmless) {
  ports.auth_answer.reset();
  connect(connect_packet());
  connection->on_peer_closed();
  connection->on_authenticated({});
  connection->on_attached({});
  EXPECT_TRUE(ports.attached.empty());
  EXPECT_TRUE(ports.ends.empty());
}

TEST_F(Connect, SessionExpiryIsCapped) {
  limits.session_expiry_s_max = 100;
  auto packet = connect_packet();
  packet.properties.session_expiry_s = 1000;
  connect(packet);
  ASSERT_EQ(ports.attached.size(), 1u);
  EXPECT_EQ(ports.attached[0].session_expiry_s, 100u);
}

// It did not say 0 itself (MQTT 5.0 section 3.14.2.2.2).
TEST_F(Connect, WhoseSessionExpiryWasLoweredToNothingMayNameOneWhenItGoes) {
  limits.session_expiry_s_max = 0;
  auto packet = connect_packet();
  packet.properties.session_expiry_s = 1000;
  connect(packet);
  received();
  disconnect(ReasonCode::success, 500);
  EXPECT_EQ(received(), Lines{});
  ASSERT_EQ(ports.ends.size(), 1u);
  EXPECT_EQ(ports.ends[0].cause, EndCause::client);
}

TEST_F(Connect, CleanSessionDecidesTheExpiryIn3) {
  auto packet = connect_packet(Version::v3_1_1);
  connect(packet);
  connection.reset();
  packet.clean_start = false;
  connect(packet);
  EXPECT_EQ(ports.attached[0].session_expiry_s, 0u);
  EXPECT_EQ(ports.attached[1].session_expiry_s, never_expires_s);
}

TEST_F(Connect, TooLargeConnectIsRefusedAtItsHeader) {
  limits.connect_bytes_max = 100;
  open();
  const std::uint8_t announced[] = {0x10, 0xFF, 0xFF, 0x7F};  // 2 MiB
  connection->on_bytes(announced);
  EXPECT_TRUE(connection->closing());
}

TEST_F(Connect, IsExpectedWithinItsTime) {
  open();
  EXPECT_EQ(connection->deadline_ns(), time.mono_ns + limits.connect_timeout_s * ns_per_s);
  time.mono_ns = connection->deadline_ns();
  connection->on_deadline();
  EXPECT_TRUE(connection->closing());
}

TEST_F(Connect, DrippingBytesDoNotProlongItsTime) {
  open();
  const MonoNs deadline = connection->deadline_ns();
  const std::uint8_t header[] = {0x10, 50};
  time.mono_ns += 5 * ns_per_s;
  connection->on_bytes(header);
  EXPECT_EQ(connection->deadline_ns(), deadline);
}

TEST_F(Connect, ClientThatDoesNotReadItsAnswersIsNotReadEither) {
  limits.output_bytes_max = 10;
  go_live();
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 100; ++i) bytes.insert(bytes.end(), {0xC0, 0});
  const std::size_t used = connection->on_bytes(bytes);
  EXPECT_LT(used, 30u);
  EXPECT_FALSE(connection->takes_input());
  received();
  EXPECT_TRUE(connection->takes_input());
}

TEST_F(Connect, WillIsHeldToTheLimitsOfAPublish) {
  limits.topic_levels_max = 2;
  auto packet = connect_packet();
  packet.will = mqtt::Will{};
  packet.will->topic = "a/b/c";
  connect(packet);
  EXPECT_EQ(received(), Lines{"CONNACK topic name invalid"});
  EXPECT_TRUE(ports.authenticated.empty());
}

TEST_F(Connect, WillThatIsNotTheTextItIsSaidToBeIsRefusedWhereThatIsLookedAt) {
  auto packet = connect_packet();
  packet.will = mqtt::Will{};
  packet.will->topic = "t";
  packet.will->payload = as_bytes("\xFF");
  packet.will->properties.payload_format = mqtt::PayloadFormat::text;
  connect(packet);
  EXPECT_EQ(received(), Lines{"CONNACK success"});
  limits.payload_format_check = true;
  open();
  connect(packet);
  EXPECT_EQ(received(), Lines{"CONNACK payload format invalid"});
  EXPECT_EQ(ports.authenticated.size(), 1u);
  EXPECT_EQ(ports.limits_met, std::vector{Limit::payload_format});
}

TEST_F(Connect, IsCountedWhateverBecomesOfIt) {
  limits.client_id_bytes_max = 3;
  connect(connect_packet());
  EXPECT_TRUE(connection->closing());
  EXPECT_EQ(ports.connects_received, 1);
  limits.client_id_bytes_max = 30;
  open();
  go_live();
  EXPECT_EQ(ports.connects_received, 2);
}

TEST_F(Connect, WillAboveTheQosOfTheLoginIsRefusedMqtt3_2_2_12) {
  ports.auth_answer->qos_max = mqtt::QoS::at_most_once;
  auto packet = connect_packet();
  packet.will = mqtt::Will{};
  packet.will->topic = "t";
  packet.will->qos = mqtt::QoS::exactly_once;
  connect(packet);
  EXPECT_EQ(received(), Lines{"CONNACK QoS not supported"});
}

TEST_F(Connect, SupersededBeforeItsAnswerGetsAListedCodeMqtt3_2_2_8) {
  ports.attach_answer.reset();
  connect(connect_packet());
  connection->take_over();
  EXPECT_EQ(received(), Lines{"CONNACK server busy"});
  EXPECT_TRUE(ports.ends.empty());
}

TEST_F(Connect, ClientThatCannotTakeItsConnackIsLetGo) {
  auto packet = connect_packet();
  packet.properties.packet_bytes_max = 3;
  connect(packet);
  EXPECT_TRUE(connection->closing());
  EXPECT_TRUE(connection->output().empty());
  EXPECT_EQ(ports.ends.size(), 1u);
}

TEST_F(Connect, WhoAsksForResponseInformationIsToldMqtt3_1_2_28) {
  limits.response_information = "replies/";
  auto packet = connect_packet();
  packet.properties.request_response_information = true;
  connect(packet);
  EXPECT_EQ(received(), Lines{"CONNACK success response replies/"});
  packet.properties.request_response_information = false;
  connection.reset();
  connect(packet);
  EXPECT_EQ(received(), Lines{"CONNACK success"});
  connection.reset();
  connect(connect_packet());
  EXPECT_EQ(received(), Lines{"CONNACK success"});
}

TEST_F(Connect, NobodyIsToldResponseInformationThatIsNotThere) {
  auto packet = connect_packet();
  packet.properties.request_response_information = true;
  connect(packet);
  EXPECT_EQ(received(), Lines{"CONNACK success"});
}

TEST_F(Connect, ResponseInformationThatTheClientCannotTakeIsLeftOut) {
  limits.response_information = std::string(1000, 'r');
  auto packet = connect_packet();
  packet.properties.request_response_information = true;
  packet.properties.packet_bytes_max = 100;
  connect(packet);
  EXPECT_TRUE(connection->live());
  EXPECT_EQ(received(), Lines{"CONNACK success"});
}

TEST_F(Connect, SilenceBeyondOneAndAHalfKeepAliveEndsItMqtt3_1_2_22) {
  auto packet = connect_packet();
  packet.keep_alive_s = 10;
  connect(packet);
  received();
  time.mono_ns += 15 * ns_per_s - 1;
  connection->on_deadline();
  EXPECT_TRUE(connection->live());
  time.mono_ns += 1;
  connection->on_deadline();
  EXPECT_EQ(received(), Lines{"DISCONNECT keep alive timeout"});
  ASSERT_EQ(ports.ends.size(), 1u);
  EXPECT_EQ(ports.ends[0].cause, EndCause::keep_alive);
}

TEST_F(Connect, WhatTheBrokerTakesToAnswerIsNoSilenceOfTheClient) {
  ports.attach_answer.reset();
  auto packet = connect_packet();
  packet.keep_alive_s = 2;
  connect(packet);
  time.mono_ns += 5 * ns_per_s;
  connection->on_attached({});
  connection->on_deadline();
  EXPECT_TRUE(connection->live());
  time.mono_ns += 3 * ns_per_s;
  connection->on_deadline();
  EXPECT_TRUE(connection->closing());
}

TEST_F(Connect, EveryPacketProlongsTheKeepAlive) {
  auto packet = connect_packet();
  packet.keep_alive_s = 10;
  connect(packet);
  time.mono_ns += 14 * ns_per_s;
  const std::uint8_t ping[] = {0xC0, 0};
  connection->on_bytes(ping);
  time.mono_ns += 14 * ns_per_s;
  connection->on_deadline();
  EXPECT_TRUE(connection->live());
}

TEST_F(Connect, CappedKeepAliveHolds) {
  limits.keepalive_s_max = 30;
  auto packet = connect_packet();
  packet.keep_alive_s = 0;
  connect(packet);
  EXPECT_EQ(connection->keep_alive_s(), 30);
}

TEST_F(Connect, RaisedKeepAliveIsToldAndHolds) {
  limits.keepalive_s_min = 20;
  auto packet = connect_packet();
  packet.keep_alive_s = 5;
  connect(packet);
  EXPECT_EQ(connection->keep_alive_s(), 20);
  time.mono_ns += 29 * ns_per_s;
  connection->on_deadline();
  EXPECT_TRUE(connection->live());
}

TEST_F(Connect, LeastKeepAliveIsNotForClientsWithoutOne) {
  limits.keepalive_s_min = 20;
  auto packet = connect_packet();
  packet.keep_alive_s = 0;
  connect(packet);
  EXPECT_EQ(connection->keep_alive_s(), 0);
}

TEST_F(Connect, SilenceOfAClientThatIsNotReadIsNotHeldAgainstIt) {
  auto packet = connect_packet();
  packet.keep_alive_s = 10;
  connect(packet);
  time.mono_ns += 14 * ns_per_s;
  connection->excuse_silence();
  time.mono_ns += 14 * ns_per_s;
  connection->on_deadline();
  EXPECT_TRUE(connection->live());
}

TEST_F(Connect, PausedInputIsLeftWhereItIsFromTheNextPacketOn) {
  connect(connect_packet());
  received();
  const std::uint8_t pings[] = {0xC0, 0, 0xC0, 0};
  connection->pause_input(true);
  EXPECT_EQ(connection->on_bytes(pings), 0u);
  EXPECT_FALSE(connection->takes_input());
  connection->pause_input(false);
  EXPECT_EQ(connection->on_bytes(pings), 4u);
  EXPECT_EQ(received(), (Lines{"PINGRESP", "PINGRESP"}));
}

TEST_F(Connect, WhatALimitRefusesIsCountedByLimit) {
  limits.client_id_bytes_max = 3;
  connect(connect_packet());
  EXPECT_TRUE(connection->closing());
  EXPECT_EQ(ports.limits_met, std::vector<Limit>{Limit::client_id_bytes});
}

TEST_F(Connect, WillIsGivenBackAtABrokenEndMqtt3_1_2_8) {
  auto packet = connect_packet();
  packet.will = mqtt::Will{};
  packet.will->topic = "will";
  packet.will->payload = as_bytes("gone");
  packet.will->properties.will_delay_s = 5;
  connect(packet);
  connection->on_peer_closed();
  ASSERT_EQ(ports.ends.size(), 1u);
  ASSERT_TRUE(ports.ends[0].will);
  EXPECT_EQ(ports.ends[0].will->view().topic, "will");
  EXPECT_EQ(ports.ends[0].will_delay_s, 5u);
}

TEST_F(Connect, NormalDisconnectTakesTheWillAwayMqtt3_14_4_3) {
  auto packet = connect_packet();
  packet.will = mqtt::Will{};
  packet.will->topic = "will";
  connect(packet);
  disconnect();
  ASSERT_EQ(ports.ends.size(), 1u);
  EXPECT_FALSE(ports.ends[0].will);
}

TEST_F(Connect, DisconnectWithWillKeepsIt) {
  auto packet = connect_packet();
  packet.will = mqtt::Will{};
  packet.will->topic = "will";
  connect(packet);
  disconnect(ReasonCode::disconnect_with_will);
  ASSERT_EQ(ports.ends.size(), 1u);
  EXPECT_TRUE(ports.ends[0].will);
}

TEST_F(Connect, DisconnectMayShortenTheExpiryButNotRaiseItFrom0) {
  auto packet = connect_packet();
  packet.properties.session_expiry_s = 100;
  connect(packet);
  disconnect(ReasonCode::success, 7);
  ASSERT_EQ(ports.ends.size(), 1u);
  EXPECT_EQ(ports.ends[0].session_expiry_s, 7u);

  connection.reset();
  connect(connect_packet());
  received();
  disconnect(ReasonCode::success, 7);
  EXPECT_EQ(received(), Lines{"DISCONNECT protocol error"});
}

TEST_F(Connect, ABrokenRuleIsNamedWithItsPlace) {
  go_live();
  const std::uint8_t subscribe[] = {0x82, 7, 0, 0, 0, 0, 1, 't', 0};
  connection->on_bytes(subscribe);
  EXPECT_EQ(connection->close_reason(), std::string("packet identifier is 0"));
  EXPECT_NE(take_output().find("packet identifier is 0"), std::string::npos);
}

TEST_F(Connect, ARefusalIsNoLongerThanItsClientTakes_MQTT_3_1_2_24) {
  auto packet = connect_packet();
  packet.properties.packet_bytes_max = 20;
  packet.will.emplace();
  packet.will->topic = "will/topic";
  mqtt::ByteBuffer buffer;
  ASSERT_EQ(mqtt::encode_connect(buffer.writer(), packet, {packet.version}), mqtt::EncodeStatus::ok);
  std::string bytes(as_text(buffer.bytes()));
  bytes[bytes.find("/topic") + 1] = '+';
  open();
  connection->on_bytes(as_bytes(bytes));
  EXPECT_TRUE(connection->closing());
  const std::string answer = take_output();
  ASSERT_FALSE(answer.empty());
  EXPECT_LE(answer.size(), 20u);
}

TEST_F(Connect, AMaximumPacketSizeOf0IsRefusedWithAnAnswer) {
  auto packet = connect_packet();
  packet.properties.packet_bytes_max = 100;
  mqtt::ByteBuffer buffer;
  ASSERT_EQ(mqtt::encode_connect(buffer.writer(), packet, {packet.version}), mqtt::EncodeStatus::ok);
  std::string bytes(as_text(buffer.bytes()));
  bytes[bytes.find(std::string("\x27\0\0\0", 4)) + 4] = 0;
  open();
  connection->on_bytes(as_bytes(bytes));
  EXPECT_EQ(received(), Lines{"CONNACK protocol error"});
}

TEST_F(Connect, AServerReferenceThatIsTooLongForItsClientIsLeftOutAlone) {
  auto packet = connect_packet();
  packet.properties.packet_bytes_max = 24;
  connect(packet);
  ASSERT_TRUE(connection->live());
  received();
  connection->disconnect(ReasonCode::use_another_server, "host-2.example:1883");
  EXPECT_EQ(received(), Lines{"DISCONNECT use another server"});
}

TEST_F(Connect, ADisconnectHasACodeThatItMayHave_MQTT_3_14_2_1) {
  for (const auto& [code, text] :
       {std::pair{ReasonCode::server_unavailable, "DISCONNECT server busy"},
        std::pair{ReasonCode::client_identifier_not_valid, "DISCONNECT unspecified error"},
        std::pair{ReasonCode::not_authorized, "DISCONNECT not authorized"}}) {
    connection.reset();
    connect(connect_packet());
    received();
    connection->disconnect(code);
    EXPECT_EQ(received(), Lines{text});
  }
}

TEST_F(Connect, AClientOf5IsToldWhereElseToGo) {
  go_live();
  connection->disconnect(ReasonCode::use_another_server, "other.example:1883");
  EXPECT_NE(take_output().find("other.example:1883"), std::string::npos);
  connection.reset();
  AuthOutcome elsewhere;
  elsewhere.code = ReasonCode::server_moved;
  elsewhere.server_reference = "new.example";
  ports.auth_answer = elsewhere;
  connect(connect_packet());
  const std::string refused = take_output();
  EXPECT_EQ(refused[3], '\x9d');
  EXPECT_NE(refused.find("new.example"), std::string::npos);
  EXPECT_TRUE(connection->closing());
}

TEST_F(Connect, AClientOf3ThatIsSentElsewhereHearsThatTheServerIsUnavailable) {
  AuthOutcome elsewhere;
  elsewhere.code = ReasonCode::use_another_server;
  elsewhere.server_reference = "new.example";
  ports.auth_answer = elsewhere;
  connect(connect_packet(mqtt::Version::v3_1_1));
  EXPECT_EQ(take_output(), std::string("\x20\x02\x00\x03", 4));
}

TEST_F(Connect, TakeoverIsToldTo5AndSilentIn3Mqtt3_1_4_3) {
  go_live();
  connection->take_over();
  EXPECT_EQ(received(), Lines{"DISCONNECT session taken over"});
  connection.reset();
  go_live(Version::v3_1_1);
  connection->take_over();
  EXPECT_EQ(received(), Lines{});
  EXPECT_TRUE(connection->closing());
  EXPECT_EQ(ports.ends.size(), 2u);
}

TEST_F(Connect, EndsOnce) {
  go_live();
  connection->disconnect(ReasonCode::server_shutting_down);
  connection->on_peer_closed();
  connection->take_over();
  EXPECT_EQ(ports.ends.size(), 1u);
}

}  // namespace
}  // namespace tenon::session
