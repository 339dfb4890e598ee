#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "admin/api.h"
#include "admin/json/base64.h"
#include "admin/json/messages_json.h"
#include "fakes.h"

namespace tenon::admin {
namespace {

using testing::HasSubstr;

struct MessageRoutes : testing::Test, FakeParts {
  HttpResponse ask(const std::string& method, const std::string& path, const std::string& query = {},
                   const std::string& body = {}) {
    return ask_as_owner(api, method, path, query, body);
  }
  HttpResponse publish(const std::string& body) { return ask("POST", "/api/v1/publish", "", body); }
  nlohmann::json json(const HttpResponse& response) { return nlohmann::json::parse(response.body); }

  Api api{parts(), TokenBook{}};
};

TEST_F(MessageRoutes, AMessageIsPublishedWithAllThatItCarries) {
  EXPECT_EQ(json(publish(R"({"topic": "a/b", "payload": "h\u00e9", "qos": 2, "retain": true, "expiry_s": 60,
      "content_type": "text/plain", "response_topic": "r", "correlation_data_base64": "AP8=",
      "user_properties": [["k", "v"], ["k", "w"]]})"))["matched"],
            true);
  EXPECT_EQ(publish(R"({"topic": "a", "payload_base64": "/wA="})").status, 200);
  ASSERT_EQ(messages.published.size(), 2u);
  const OutgoingMessage& full = messages.published[0];
  EXPECT_EQ(full.topic, "a/b");
  EXPECT_EQ(full.payload, "h\xc3\xa9");
  EXPECT_TRUE(full.properties.is_text && full.retain);
  EXPECT_EQ(full.qos, 2u);
  EXPECT_EQ(full.expiry_s, 60u);
  EXPECT_EQ(full.properties.correlation_data, std::string("\0\xff", 2));
  EXPECT_EQ(full.properties.user_properties.size(), 2u);
  const OutgoingMessage& bare = messages.published[1];
  EXPECT_EQ(bare.payload, std::string("\xff\0", 2));
  EXPECT_FALSE(bare.properties.is_text || bare.retain || bare.expiry_s || bare.properties.content_type);
}

TEST_F(MessageRoutes, ThePayloadFormatIsWhatIsSaidOrFollowsFromThePayload) {
  const std::pair<const char*, bool> cases[] = {
      {R"({"topic": "a", "payload": "x"})", true},
      {R"({"topic": "a", "payload": "x", "payload_format": "bytes"})", false},
      {R"({"topic": "a", "payload": "\u0000"})", false},
      {R"({"topic": "a", "payload_base64": "eA=="})", false},
      {R"({"topic": "a", "payload_base64": "eA==", "payload_format": "text"})", true},
      // Publishers over MQTT may say so, too: what was retained comes back as it was.
      {R"({"topic": "a", "payload_base64": "/w==", "payload_format": "text"})", true}};
  for (const auto& [body, is_text] : cases) {
    EXPECT_EQ(publish(body).status, 200) << body;
    EXPECT_EQ(messages.published.back().properties.is_text, is_text) << body;
  }
}

TEST_F(MessageRoutes, AMessageThatMakesNoSenseIsNotPublished) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"payload": "x"})", "\"topic\" is missing"},
      {R"({"topic": "", "payload": "x"})", "no topic name"},
      {R"({"topic": "a/+", "payload": "x"})", "no topic name"},
      {R"({"topic": "a"})", "one of"},
      {R"({"topic": "a", "payload": "x", "payload_base64": "eA=="})", "one of"},
      {R"({"topic": "a", "payload_base64": "x"})", "no base64"},
      {R"({"topic": "a", "payload": "x", "qos": 3})", "\"qos\""},
      {R"({"topic": "a", "payload": "x", "expiry_s": 0})", "\"expiry_s\""},
      {R"({"topic": "a", "payload": "x", "expiry_s": 18446744073709551615})", "\"expiry_s\""},
      {R"({"topic": "a", "payload": "x", "response_topic": "#"})", "\"response_topic\""},
      {R"({"topic": "a", "payload": "x", "correlation_data_base64": "?"})", "no base64"},
      {R"({"topic": "a", "payload": "x", "user_properties": [["k"]]})", "pairs"},
      {R"({"topic": "a", "payload": 7})", "\"payload\" is no text"},
      {R"({"topic": "a", "payload": "x", "payload_format": "json"})", "neither text nor bytes"},
      {R"({"topic": "a", "payload": "\u0000", "payload_format": "text"})", "no text in UTF-8"},
      {R"({"topic": "a\u0000b", "payload": "x"})", "\"topic\""},
      {R"({"topic": "a", "payload": "x", "response_topic": "a\u0000b"})", "\"response_topic\""},
      {R"({"topic": "a", "payload": "x", "content_type": "a\u0000b"})", "\"content_type\""},
      {R"({"topic": "a", "payload": "x", "user_properties": [["k", "\u0000"]]})", "\"user_properties\""},
      {R"({"topic": "a", "payload": "x", "user_properties": [["\u0000", "v"]]})", "\"user_properties\""},
      {R"(["a"])", "no JSON object"}};
  for (const auto& [body, why] : wrong) {
    const HttpResponse response = publish(body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_THAT(json(response)["detail"].get<std::string>(), HasSubstr(why)) << body;
  }
  EXPECT_TRUE(messages.published.empty());
  messages.failure = Error{Errc::busy, "later"};
  EXPECT_EQ(publish(R"({"topic": "a", "payload": ""})").status, 503);
}

TEST(MessagesJson, APayloadThatATextWouldBlowUpIsShownAsBytes) {
  const auto shown = [](const std::string& payload) {
    RetainedStatus message;
    message.topic = "a";
    message.payload = payload;
    const std::string json = retained_json(message);
    // No more than base64 makes of it, or than a short text is worth.
    EXPECT_LE(json.size(),
              std::max(payload.size() * 4 / 3 + 4, std::min<std::size_t>(payload.size() * 2, 8192)) + 200);
    return nlohmann::json::parse(json);
  };
  EXPECT_EQ(shown(R"({"a":"b"})")["payload"], R"({"a":"b"})") << "short, and for people";
  EXPECT_EQ(shown(std::string(100'000, 'x'))["payload"], std::string(100'000, 'x'));
  EXPECT_EQ(shown("\x01")["payload_base64"], "AQ==");
  const auto quotes = shown(std::string(100'000, '"'));
  EXPECT_FALSE(quotes.contains("payload"));
  EXPECT_EQ(bytes_of_base64(quotes["payload_base64"].get<std::string>()), std::string(100'000, '"'));
  EXPECT_TRUE(shown(std::string(100'000, '\x7f')).contains("payload"));
  EXPECT_TRUE(shown(std::string(100'000, '\n')).contains("payload_base64"));
}

TEST_F(MessageRoutes, RetainedMessagesAreListedShownAndDeleted) {
  const auto page = json(ask("GET", "/api/v1/retained", "filter=a%2F%23&limit=2"));
  EXPECT_EQ(page["messages"][0]["payload_bytes"], 2);
  EXPECT_FALSE(page["messages"][0].contains("payload"));
  EXPECT_EQ(page["messages"][1]["expires_at_ms"], 1'800'000'000'000);
  EXPECT_EQ(page["cursor"], "6b");
  EXPECT_EQ(messages.queries[0].filter, "a/#");
  EXPECT_EQ(ask("GET", "/api/v1/retained").status, 200);
  EXPECT_EQ(messages.queries[1].filter, "#");
  EXPECT_EQ(ask("GET", "/api/v1/retained", "filter=a%23").status, 400);
  EXPECT_EQ(json(ask("GET", "/api/v1/retained/a%2Fb"))["payload"], "on");
  const auto whole = json(ask("GET", "/api/v1/retained", "payloads=true"))["messages"];
  EXPECT_EQ(whole[0]["payload"], "on");
  EXPECT_EQ(whole[0]["payload_format"], "text");
  EXPECT_EQ(whole[0]["user_properties"], nlohmann::json::parse(R"([["k", "v"], ["k", "w"]])"));
  EXPECT_EQ(whole[0]["correlation_data_base64"], "/wA=");
  EXPECT_EQ(whole[1]["payload_base64"], "/w==");
  EXPECT_FALSE(whole[1].contains("user_properties") || whole[1].contains("content_type"));
  EXPECT_EQ(ask("GET", "/api/v1/retained", "payloads=yes").status, 400);
  EXPECT_EQ(json(ask("GET", "/api/v1/retained/bytes"))["payload_base64"], "/wA=");
  EXPECT_EQ(ask("DELETE", "/api/v1/retained/a%2Fb", "tenant=acme").status, 200);
  EXPECT_EQ(messages.names.back().topic, "a/b");
  EXPECT_EQ(messages.names.back().tenant, "acme");
  EXPECT_EQ(ask("DELETE", "/api/v1/retained/none").status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/retained/%23").status, 400);
  // No request removes them all.
  EXPECT_EQ(ask("DELETE", "/api/v1/retained").status, 405);
}

}  // namespace
}  // namespace tenon::admin
