#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "admin/api.h"
#include "admin/http/connection.h"
#include "bin/ctl/retain/retain_line.h"
#include "bin/ctl/run.h"
#include "fakes.h"
#include "socket_server.h"
#include "support/manual_clock.h"

namespace tenon::ctl {
namespace {

using testing::HasSubstr;

std::string body_of(const std::string& line, std::int64_t now_ms) {
  const auto body = message_of_line(line, now_ms);
  if (!body.ok()) return body.error().message;
  return *body ? **body : "expired";
}

TEST(RetainLine, ALineIsWhatIsPublished) {
  EXPECT_EQ(body_of(R"({"topic": "a", "payload": "on", "qos": 1})", 0),
            R"({"topic":"a","payload":"on","qos":1,"retain":true})");
}

TEST(RetainLine, TheTimeThatAMessageHasLeftIsItsExpiry) {
  const std::string line = R"({"topic": "a", "payload": "on", "expires_at_ms": 10000})";
  EXPECT_THAT(body_of(line, 8999), HasSubstr(R"("expiry_s":2,)"));
  EXPECT_THAT(body_of(line, 9999), HasSubstr(R"("expiry_s":1,)"));
  EXPECT_EQ(body_of(line, 10000), "expired");
  EXPECT_THAT(body_of(R"({"topic": "a", "payload": "on", "expires_at_ms": 9223372036854775807})", 0),
              HasSubstr(R"("expiry_s":4294967295,)"));
  EXPECT_EQ(body_of(R"({"topic": "a", "payload": "on", "expires_at_ms": -9223372036854775808})", 1),
            "expired");
}

TEST(RetainLine, WhatIsWrongWithALineIsSaid) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "no JSON object"},
      {"[]", "no JSON object"},
      {R"({"payload": "x"})", "\"topic\" is missing"},
      {R"({"topic": 7, "payload": "x"})", "\"topic\" is missing, or no text"},
      {R"({"topic": "a"})", "one of"},
      {R"({"topic": "a", "payload": "x", "payload_base64": "eA=="})", "one of"},
      {R"({"topic": "a", "payload": ""})", "would remove"},
      {R"({"topic": "a", "payload_base64": ""})", "would remove"},
      {R"({"topic": "a", "payload": "x", "retain": false})", "\"retain\" is not known"},
      {R"({"topic": "a", "payload": "x", "expires_at_ms": "soon"})", "no whole number"},
      {R"({"topic": "a", "payload": "x", "expires_at_ms": 9223372036854775808})", "later than any time"}};
  for (const auto& [line, why] : wrong) EXPECT_THAT(body_of(line, 0), HasSubstr(why)) << line;
}

// tenonctl against the real API over a real socket.
struct RetainRun : testing::Test {
  RetainRun() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tenonctl-XXXXXX").string();
    directory = mkdtemp(pattern.data());
    file = directory + "/retained.jsonl";
    environment.state_dir = directory;
  }
  ~RetainRun() override { std::filesystem::remove_all(directory); }

  Outcome ctl(std::vector<const char*> args) {
    SocketServer server(directory + "/api.sock", [this](const std::string& received) {
      if (refusals > 0) return --refusals, refusal;
      admin::HttpConnection connection(api, clock, admin::PeerTrust::owner);
      connection.on_bytes(as_bytes(received));
      if (const auto work = connection.take_work())
        work->run([&](admin::HttpResponse&& response) { connection.on_response(std::move(response)); });
      return connection.take_output();
    });
    Outcome outcome = run(args, environment);
    std::filesystem::remove(directory + "/api.sock");
    return outcome;
  }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  int refusals = 0;  // so many requests are answered with
  std::string refusal = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n";
  std::string directory;
  std::string file;
  Environment environment;
  test::ManualClock clock;
  admin::FakeParts fakes;
  admin::Api api{fakes.parts(), admin::TokenBook{}};
};

constexpr const char* exported =
    R"({"topic":"a/b","qos":1,"payload":"on","payload_format":"text","content_type":"text/plain","response_topic":"r",)"
    R"("correlation_data_base64":"/wA=","user_properties":[["k","v"],["k","w"]]})"
    "\n"
    R"({"topic":"bytes","qos":0,"expires_at_ms":1800000000000,"payload_base64":"/w==","payload_format":"bytes"})"
    "\n";

TEST_F(RetainRun, AllPagesAreExportedToANewFile) {
  const Outcome done = ctl({"retain", "export", "--tenant", "acme", "--filter", "a/#", "--to", file.c_str()});
  EXPECT_EQ(done.code, ExitCode::ok) << done.err;
  EXPECT_THAT(done.out, HasSubstr("2 messages"));
  EXPECT_EQ(content(), exported);
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  ASSERT_EQ(fakes.messages.queries.size(), 2u);
  EXPECT_EQ(fakes.messages.queries[0].tenant, "acme");
  EXPECT_EQ(fakes.messages.queries[0].filter, "a/#");
  EXPECT_EQ(fakes.messages.queries[1].cursor, "k");
  const Outcome again = ctl({"retain", "export", "--to", file.c_str()});
  EXPECT_EQ(again.code, ExitCode::failed);
  EXPECT_THAT(again.err, HasSubstr("exists already"));
}

TEST_F(RetainRun, WithoutAFileLinesGoToTheOutputAsTheyCome) {
  EXPECT_EQ(ctl({"retain", "export"}).out, exported);
  std::string printed;
  environment.print = [&](const std::string& text) { printed += text; };
  EXPECT_EQ(ctl({"retain", "export"}).out, "");
  EXPECT_EQ(printed, exported);
}

TEST_F(RetainRun, WhatWasExportedIsImported) {
  std::ofstream(file) << exported << "\n"
                      << R"({"topic": "old", "payload": "x", "expires_at_ms": 1})"
                      << "\n";
  const Outcome done = ctl({"retain", "import", file.c_str(), "--json"});
  EXPECT_EQ(done.code, ExitCode::ok) << done.err;
  EXPECT_EQ(nlohmann::json::parse(done.out), nlohmann::json::parse(R"({"published": 2, "expired": 1})"));
  ASSERT_EQ(fakes.messages.published.size(), 2u);
  const admin::OutgoingMessage& first = fakes.messages.published[0];
  EXPECT_EQ(first.topic, "a/b");
  EXPECT_TRUE(first.retain);
  EXPECT_EQ(first.qos, 1u);
  EXPECT_TRUE(first.properties.is_text);
  EXPECT_EQ(first.properties.content_type, "text/plain");
  EXPECT_EQ(first.properties.correlation_data, std::string("\xff\0", 2));
  EXPECT_EQ(first.properties.user_properties.size(), 2u);
  EXPECT_EQ(fakes.messages.published[1].payload, "\xff");
  EXPECT_TRUE(fakes.messages.published[1].expiry_s.has_value());
}

TEST_F(RetainRun, WhoAsksTooMuchIsToldLaterAndGoesOn) {
  std::vector<std::string> told;
  environment.progress = [&](const std::string& line) { told.push_back(line); };
  refusals = 1;
  EXPECT_EQ(ctl({"retain", "export"}).out, exported);
  EXPECT_EQ(refusals, 0);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("429"));
  std::ofstream(file) << exported;
  refusals = 2;
  EXPECT_EQ(ctl({"retain", "import", file.c_str()}).code, ExitCode::ok);
  EXPECT_EQ(refusals, 0);
  EXPECT_EQ(fakes.messages.published.size(), 2u);
}

TEST_F(RetainRun, WhatExpiresWhileItIsImportedIsNotPublished) {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  std::ofstream(file) << R"({"topic":"a","payload":"x"})"
                      << "\n"
                      << R"({"topic":"b","payload":"x","expires_at_ms":)" << now + 400 << "}\n";
  refusals = 2;  // the pauses take longer
  const Outcome done = ctl({"retain", "import", file.c_str(), "--json"});
  EXPECT_EQ(nlohmann::json::parse(done.out), nlohmann::json::parse(R"({"published": 1, "expired": 1})"));
}

TEST_F(RetainRun, ABrokerThatIsNotThereIsToldAtOnce) {
  environment.progress = [](const std::string& line) { ADD_FAILURE() << line; };
  std::ofstream(file) << exported;
  EXPECT_EQ(run(std::vector<const char*>{"retain", "import", file.c_str()}, environment).code,
            ExitCode::unreachable);
}

TEST_F(RetainRun, APayloadThatIsCalledATextAndIsNoneIsImported) {
  std::ofstream(file) << R"({"topic":"odd","qos":0,"payload_base64":"/w==","payload_format":"text"})";
  EXPECT_EQ(ctl({"retain", "import", file.c_str()}).code, ExitCode::ok);
  ASSERT_EQ(fakes.messages.published.size(), 1u);
  EXPECT_EQ(fakes.messages.published[0].payload, "\xff");
  EXPECT_TRUE(fakes.messages.published[0].properties.is_text);
}

TEST_F(RetainRun, AFileWithAWrongLineIsNotImportedAtAll) {
  std::ofstream(file) << exported << R"({"topic": "a"})"
                      << "\n";
  const Outcome refused = ctl({"retain", "import", file.c_str()});
  EXPECT_EQ(refused.code, ExitCode::failed);
  EXPECT_THAT(refused.err, HasSubstr("line 3: one of"));
  EXPECT_THAT(refused.err, HasSubstr("nothing was published"));
  EXPECT_TRUE(fakes.messages.published.empty());
}

TEST_F(RetainRun, AnImportThatBreaksOffSaysWhere) {
  std::ofstream(file) << exported;
  fakes.messages.failure = Error{Errc::invalid, "a limit is reached"};
  const Outcome broken = ctl({"retain", "import", file.c_str()});
  EXPECT_EQ(broken.code, ExitCode::failed);
  EXPECT_THAT(broken.err, HasSubstr("line 1: "));
  EXPECT_THAT(broken.err, HasSubstr("a limit is reached (0 messages before it"));
}

TEST_F(RetainRun, WhatIsMissingOrTooMuchIsAWrongCommandLine) {
  for (const std::vector<const char*>& args : {std::vector<const char*>{"retain", "import"},
                                               {"retain", "import", "a", "b"},
                                               {"retain", "import", "a", "--to", "b"},
                                               {"retain", "export", "a"},
                                               {"retain", "export", "--limit", "3"}})
    EXPECT_EQ(run(args, environment).code, ExitCode::usage);
  EXPECT_EQ(run(std::vector<const char*>{"retain", "import", "/nowhere"}, environment).code,
            ExitCode::failed);
}

}  // namespace
}  // namespace tenon::ctl
