// Events as JSON.
#include <gtest/gtest.h>

#include <string>

#include "common/event_json.h"

namespace tenon::events_common {
namespace {

tenon_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

tenon_event event_of(std::uint32_t type) {
  tenon_event event{};
  event.struct_size = sizeof event;
  event.type = type;
  event.unix_ms = 1'714'564'800'250;
  event.client_id = bytes_of("dev-1");
  return event;
}

std::string line(const tenon_event& event, Payload payload = Payload::left_out) {
  return line_of(to_json(sdk::EventView(event), payload));
}

tenon_event message(std::string_view payload) {
  tenon_event event = event_of(TENON_EVENT_MESSAGE_PUBLISHED);
  event.topic = bytes_of("a");
  event.payload = bytes_of(payload);
  return event;
}

TEST(EventJson, SaysWhatTheEventSaysAndNothingElse) {
  tenon_event event = event_of(TENON_EVENT_CLIENT_CONNECTED);
  event.version = 5;
  event.user = bytes_of("ann");
  EXPECT_EQ(
      line(event),
      R"({"time":"2024-05-01T12:00:00.250Z","event":"client_connected","client_id":"dev-1","user":"ann",)"
      R"("version":"5.0","session_present":false})");
}

TEST(EventJson, HasThePayloadOnlyIfItIsAskedFor) {
  tenon_event event = message("secret");
  event.flags = TENON_EVENT_RETAIN;
  EXPECT_EQ(line(event).find("secret"), std::string::npos);
  EXPECT_NE(line(event).find(R"("topic":"a","qos":0,"retain":true)"), std::string::npos);
  EXPECT_NE(line(event, Payload::shown).find(R"("payload":"secret")"), std::string::npos);
}

TEST(EventJson, PayloadsThatAreNoTextAreBase64) {
  const auto shown = [](std::string_view payload) {
    return to_json(sdk::EventView(message(payload)), Payload::shown);
  };
  for (const char* text : {"", "x", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_EQ(shown(text).value("payload", "none"), text);
  const std::pair<std::string, std::string> odd[] = {{std::string("\0", 1), "AA=="},
                                                     {"a\xff", "Yf8="},
                                                     {"ab\xff", "YWL/"},
                                                     {"\xc0\x80", "wIA="},
                                                     {"\xed\xa0\x80", "7aCA"},
                                                     {"\xe2\x82", "4oI="},
                                                     {"\xf4\x90\x80\x80", "9JCAgA=="}};
  for (const auto& [bytes, text] : odd) {
    EXPECT_EQ(shown(bytes).value("payload_base64", "none"), text);
    EXPECT_FALSE(shown(bytes).contains("payload"));
  }
}

TEST(EventJson, SaysThatThereWasMoreOfThePayload) {
  tenon_event event = message("some");
  event.flags = TENON_EVENT_TRUNCATED;
  EXPECT_NE(line(event, Payload::shown).find("\"payload_truncated\":true"), std::string::npos);
}

TEST(EventJson, IsOneLineWhateverTheTextsAre) {
  tenon_event event = event_of(TENON_EVENT_CLIENT_REFUSED);
  event.client_id = bytes_of(std::string_view("a\n\"\xff\0b", 6));
  EXPECT_EQ(line(event).find('\n'), std::string::npos);
  EXPECT_NE(line(event).find(R"("client_id":"a\n\")"
                             "\xef\xbf\xbd"
                             R"(\u0000b")"),
            std::string::npos)
      << line(event);
}

// ATTACK-28
TEST(EventJson, TextsNeitherEndALineNorSteerATerminalNorTurnRound) {
  tenon_event event = event_of(TENON_EVENT_CLIENT_REFUSED);
  const std::string_view text =
      "a\x7f\xc2\x85\xc2\x9b\xd8\x9c\xe2\x80\x8e\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6"
      "\xc2\xa0\xe2\x80\x90\xe2\x81\xaa\xc3\xa9z";
  event.client_id = bytes_of(text);
  const std::string said = line(event);
  EXPECT_NE(said.find(R"("a\u007f\u0085\u009b\u061c\u200e\u2028\u202e\u2066)"
                      "\xc2\xa0\xe2\x80\x90\xe2\x81\xaa\xc3\xa9z\""),
            std::string::npos)
      << said;
  EXPECT_EQ(Json::parse(said)["client_id"], text);
}

// ATTACK-28
TEST(EventJson, LongTextsAreCutBetweenCharactersAndSaySo) {
  Json json{{"short", "1234"},
            {"long", "12345"},
            {"wide", "123\xc3\xa9z"},
            {"none", "\x80\x80\x80\x80\x80"},
            {"count", 12345}};
  cut_texts(json, 4);
  EXPECT_EQ(json["short"], "1234");
  EXPECT_EQ(json["long"], "1234... (5 bytes)");
  EXPECT_EQ(json["wide"], "123... (6 bytes)");
  EXPECT_EQ(json["none"], "... (5 bytes)");
  EXPECT_EQ(json["count"], 12345);
}

TEST(EventJson, NamesWhatItDoesNotKnow) {
  EXPECT_EQ(name_of(61), "event-61");
  EXPECT_EQ(name_of(0), "event-0");
  EXPECT_EQ(name_of(TENON_EVENT_TYPE_LAST), "message_refused");
  EXPECT_EQ(name_of(TENON_EVENT_TYPE_LAST + 1), "event-" + std::to_string(TENON_EVENT_TYPE_LAST + 1));
}

}  // namespace
}  // namespace tenon::events_common
