#include "session/test_client.h"

// Enhanced authentication, MQTT 5.0 §4.12.

namespace tenon::session {
namespace {

using mqtt::ReasonCode;

class Auth : public ConnectionTest {
 protected:
  static AuthOutcome outcome(ReasonCode code, std::string_view data = {}) {
    AuthOutcome made;
    made.code = code;
    made.auth_data = as_bytes(data);
    return made;
  }
  mqtt::Connect connect_with_method() {
    auto packet = connect_packet();
    packet.properties.authentication_method = "M";
    packet.properties.authentication_data = as_bytes("first");
    return packet;
  }
  // CONNECT, and the broker asks back.
  void begin() {
    ports.auth_answer = outcome(ReasonCode::continue_authentication, "challenge");
    connect(connect_with_method());
    ASSERT_EQ(received(), Lines{"AUTH continue authentication M: challenge"});
  }
  void go_live_with_method() {
    connect(connect_with_method());
    ASSERT_TRUE(connection->live());
    received();
  }
};

TEST_F(Auth, BrokerAsksBackWithContinueAndTheMethodMqtt4_12_0_2) {
  begin();
  EXPECT_FALSE(connection->live());
  EXPECT_TRUE(connection->takes_input());
  EXPECT_TRUE(ports.attached.empty());
}

TEST_F(Auth, AnswerLetsInAndConnackHasMethodAndDataMqtt4_12_0_5) {
  begin();
  ports.auth_again_answer = outcome(ReasonCode::success, "proof");
  auth(ReasonCode::continue_authentication, "M", "answer");
  EXPECT_EQ(ports.auth_packets, Lines{"continue authentication: answer"});
  EXPECT_EQ(received(), Lines{"CONNACK success M: proof"});
  EXPECT_TRUE(connection->live());
}

TEST_F(Auth, MayTakeSeveralRounds) {
  begin();
  ports.auth_again_answer = outcome(ReasonCode::continue_authentication, "more");
  auth(ReasonCode::continue_authentication, "M", "1");
  auth(ReasonCode::continue_authentication, "M", "2");
  EXPECT_EQ(received(),
            (Lines{"AUTH continue authentication M: more", "AUTH continue authentication M: more"}));
  ports.auth_again_answer = outcome(ReasonCode::success);
  auth(ReasonCode::continue_authentication, "M", "3");
  EXPECT_EQ(received(), Lines{"CONNACK success M: "});
}

TEST_F(Auth, RefusalEndsItAtAnyRoundMqtt4_12_0_4) {
  begin();
  ports.auth_again_answer = outcome(ReasonCode::not_authorized);
  auth(ReasonCode::continue_authentication, "M", "wrong");
  EXPECT_EQ(received(), Lines{"CONNACK not authorized"});
  EXPECT_TRUE(connection->closing());
  EXPECT_TRUE(ports.attached.empty());
}

TEST_F(Auth, UnknownMethodIsRefusedMqtt4_12_0_1) {
  ports.auth_answer = outcome(ReasonCode::bad_authentication_method);
  connect(connect_with_method());
  EXPECT_EQ(received(), Lines{"CONNACK bad authentication method"});
  EXPECT_TRUE(connection->closing());
}

TEST_F(Auth, WithoutAMethodInConnectNoAuthIsSentMqtt4_12_0_6) {
  ports.auth_answer = outcome(ReasonCode::continue_authentication, "challenge");
  connect(connect_packet());
  EXPECT_EQ(received(), Lines{"CONNACK not authorized"});
}

TEST_F(Auth, WithoutAMethodInConnectAuthIsAProtocolErrorMqtt4_12_0_7) {
  go_live();
  auth(ReasonCode::re_authenticate, "M", "");
  EXPECT_EQ(received(), Lines{"DISCONNECT protocol error"});
}

TEST_F(Auth, OtherPacketsThanAuthAndDisconnectBeforeConnackEndItMqtt3_1_2_30) {
  for (const std::string_view bytes :
       {std::string_view("\xC0\0", 2), std::string_view("\x82\x07\0\1\0\0\1a\0", 9),
        std::string_view("\x30\x04\0\1a\0", 6)}) {
    connection.reset();
    begin();
    connection->on_bytes(as_bytes(bytes));
    EXPECT_EQ(received(), Lines{"CONNACK protocol error"});
    EXPECT_TRUE(connection->closing());
  }
  EXPECT_TRUE(ports.published.empty());
}

TEST_F(Auth, DisconnectBeforeConnackEndsItWithoutAWord) {
  begin();
  disconnect();
  EXPECT_EQ(received(), Lines{});
  EXPECT_TRUE(connection->closing());
}

TEST_F(Auth, AnotherMethodEndsItMqtt4_12_0_5) {
  begin();
  auth(ReasonCode::continue_authentication, "N", "answer");
  EXPECT_EQ(received(), Lines{"CONNACK bad authentication method"});
  EXPECT_TRUE(ports.auth_packets.empty());
}

TEST_F(Auth, AnswerMustBeContinueMqtt4_12_0_3) {
  begin();
  auth(ReasonCode::re_authenticate, "M", "answer");
  EXPECT_EQ(received(), Lines{"CONNACK protocol error"});
  EXPECT_TRUE(ports.auth_packets.empty());
}

TEST_F(Auth, MalformedAuthIsRefusedMqtt3_15_2_1) {
  // No reason code; one that is none of AUTH; no method.
  for (const std::string_view bytes : {std::string_view("\xF0\0", 2), std::string_view("\xF0\2\x01\0", 4),
                                       std::string_view("\xF0\2\x18\0", 4)}) {
    connection.reset();
    begin();
    connection->on_bytes(as_bytes(bytes));
    EXPECT_TRUE(connection->closing());
    const Lines lines = received();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0] == "CONNACK protocol error" || lines[0] == "CONNACK malformed packet") << lines[0];
  }
}

TEST_F(Auth, FlagsOfAuthMustBeZeroMqtt3_15_1_1) {
  begin();
  connection->on_bytes(as_bytes(std::string_view("\xF1\0", 2)));
  EXPECT_EQ(received(), Lines{"CONNACK malformed packet"});
}

TEST_F(Auth, AuthIsNoMoreThanConnectMayBe) {
  limits.connect_bytes_max = 200;
  begin();
  auth(ReasonCode::continue_authentication, "M", std::string(300, 'x'));
  EXPECT_EQ(received(), Lines{"CONNACK packet too large"});
}

TEST_F(Auth, ClientThatDoesNotAnswerIsNotWaitedForLongerThanForConnect) {
  begin();
  EXPECT_EQ(connection->deadline_ns(), time.mono_ns + limits.connect_timeout_s * ns_per_s);
  time.mono_ns = connection->deadline_ns();
  connection->on_deadline();
  EXPECT_EQ(received(), Lines{"CONNACK not authorized"});
}

TEST_F(Auth, ReauthenticationOfALiveLinkIsAnsweredBySuccessMqtt4_12_1_1) {
  go_live_with_method();
  ports.auth_again_answer = outcome(ReasonCode::continue_authentication, "challenge");
  auth(ReasonCode::re_authenticate, "M", "again");
  EXPECT_EQ(received(), Lines{"AUTH continue authentication M: challenge"});
  ports.auth_again_answer = outcome(ReasonCode::success, "proof");
  auth(ReasonCode::continue_authentication, "M", "answer");
  EXPECT_EQ(received(), Lines{"AUTH success M: proof"});
  EXPECT_EQ(ports.auth_packets, (Lines{"re-authenticate: again", "continue authentication: answer"}));
  EXPECT_TRUE(connection->live());
}

TEST_F(Auth, FlowsGoOnWhileALiveLinkAuthenticates) {
  go_live_with_method();
  auth(ReasonCode::re_authenticate, "M", "again");  // to be answered later
  publish("t", mqtt::QoS::at_least_once, 7);
  EXPECT_EQ(received(), Lines{"PUBACK 7 success"});
  deliver("u", mqtt::QoS::at_most_once);
  EXPECT_EQ(received(), Lines{"PUBLISH u qos0: p"});
  connection->on_authenticated(outcome(ReasonCode::success));
  EXPECT_EQ(received(), Lines{"AUTH success M: "});
}

TEST_F(Auth, FailedReauthenticationEndsTheLinkMqtt4_12_1_2) {
  go_live_with_method();
  // 0x86 is no code of DISCONNECT.
  ports.auth_again_answer = outcome(ReasonCode::bad_user_name_or_password);
  auth(ReasonCode::re_authenticate, "M", "wrong");
  EXPECT_EQ(received(), Lines{"DISCONNECT not authorized"});
  ASSERT_EQ(ports.ends.size(), 1u);
  EXPECT_EQ(ports.ends[0].cause, EndCause::server);
}

TEST_F(Auth, ReauthenticationWithAnotherMethodEndsTheLinkMqtt4_12_1_1) {
  go_live_with_method();
  auth(ReasonCode::re_authenticate, "N", "again");
  EXPECT_EQ(received(), Lines{"DISCONNECT bad authentication method"});
  EXPECT_TRUE(ports.auth_packets.empty());
}

TEST_F(Auth, ContinueThatNothingAskedForIsAProtocolError) {
  go_live_with_method();
  auth(ReasonCode::continue_authentication, "M", "answer");
  EXPECT_EQ(received(), Lines{"DISCONNECT protocol error"});
  EXPECT_TRUE(ports.auth_packets.empty());
}

TEST_F(Auth, AuthBeforeTheLastWasAnsweredIsAProtocolError) {
  for (const ReasonCode code : {ReasonCode::re_authenticate, ReasonCode::continue_authentication}) {
    connection.reset();
    go_live_with_method();
    auth(ReasonCode::re_authenticate, "M", "again");
    auth(code, "M", "and again");
    EXPECT_EQ(received(), Lines{"DISCONNECT protocol error"});
  }
}

TEST_F(Auth, BeginningWithinAnExchangeIsAProtocolError) {
  go_live_with_method();
  ports.auth_again_answer = outcome(ReasonCode::continue_authentication, "challenge");
  auth(ReasonCode::re_authenticate, "M", "again");
  auth(ReasonCode::re_authenticate, "M", "and again");
  EXPECT_EQ(received(), (Lines{"AUTH continue authentication M: challenge", "DISCONNECT protocol error"}));
}

TEST_F(Auth, LiveLinkEndsWhenItsLoginExpires) {
  ports.auth_answer->valid_ms = 5'000;
  auto packet = connect_packet();
  packet.keep_alive_s = 0;
  connect(packet);
  received();
  EXPECT_EQ(connection->deadline_ns(), time.mono_ns + 5 * ns_per_s);
  time.mono_ns += 5 * ns_per_s - 1;
  connection->on_deadline();
  EXPECT_TRUE(connection->live());
  time.mono_ns += 1;
  connection->on_deadline();
  EXPECT_EQ(received(), Lines{"DISCONNECT maximum connect time"});
}

TEST_F(Auth, ShorterOfExpiryAndKeepAliveCounts) {
  ports.auth_answer->valid_ms = 60'000;
  auto packet = connect_packet();
  packet.keep_alive_s = 10;
  connect(packet);
  received();
  EXPECT_EQ(connection->deadline_ns(), time.mono_ns + 15 * ns_per_s);
  time.mono_ns = connection->deadline_ns();
  connection->on_deadline();
  EXPECT_EQ(received(), Lines{"DISCONNECT keep alive timeout"});
}

TEST_F(Auth, ReauthenticationProlongsAndEndsTheExpiry) {
  ports.auth_answer->valid_ms = 5'000;
  auto packet = connect_with_method();
  packet.keep_alive_s = 0;
  connect(packet);
  ports.auth_again_answer = AuthOutcome{};
  ports.auth_again_answer->valid_ms = 9'000;
  auth(ReasonCode::re_authenticate, "M", "again");
  EXPECT_EQ(connection->deadline_ns(), time.mono_ns + 9 * ns_per_s);
  ports.auth_again_answer->valid_ms.reset();
  auth(ReasonCode::re_authenticate, "M", "again");
  EXPECT_EQ(connection->deadline_ns(), 0);
}

TEST_F(Auth, ExpiryFarAwayDoesNotOverflow) {
  ports.auth_answer->valid_ms = UINT64_MAX;
  auto packet = connect_packet();
  packet.keep_alive_s = 0;
  connect(packet);
  EXPECT_GT(connection->deadline_ns(), time.mono_ns);
}

}  // namespace
}  // namespace tenon::session
