#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "bin/ctl/arguments.h"
#include "bin/ctl/commands/message_views.h"
#include "bin/ctl/commands/request.h"
#include "bin/ctl/plain/plain_arguments.h"

namespace tenon::ctl {
namespace {

using testing::HasSubstr;

Result<ApiRequest> read(std::vector<const char*> args) {
  EXPECT_TRUE(is_api_command(args));
  return read_api_request(args);
}

std::string failure_of(std::vector<const char*> args) {
  const auto request = read(std::move(args));
  return request.ok() ? "accepted" : request.error().message;
}

TEST(CtlCommands, ValuesGoIntoPathQueryAndBody) {
  auto request = read({"--endpoint", "unix:/a", "session", "--tenant=a b", "show", "x/y%", "--json"});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->path, "/api/v1/sessions/x%2Fy%25?tenant=a%20b");
  EXPECT_EQ(request->body, "");
  EXPECT_EQ(request->common.endpoint, "unix:/a");
  EXPECT_EQ(request->common.output, OutputForm::json);
  request = read({"publish", "t/1", "--payload", "", "--qos=1", "--retain", "--user-property", "a=b=c",
                  "--user-property=d="});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->body, R"({"topic":"t/1","payload":"","qos":1,"retain":true,)"
                           R"("user_properties":[["a","b=c"],["d",""]]})");
  EXPECT_EQ(read({"session", "kick", "c"})->body, "{}");
  EXPECT_EQ(read({"session", "delete", "c"})->body, "");
  request = read({"ban", "add", "client", "meter-*", "--reason", "noise", "--duration", "60"});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->path, "/api/v1/bans/client/meter-%2A");
  EXPECT_EQ(request->body, R"({"reason":"noise","duration_s":60})");
  request = read({"traffic", "set", "mqtt", "acme-*", "--weight", "blue=3", "--weight=green=0"});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->path, "/api/v1/traffic/directives/mqtt/acme-%2A");
  EXPECT_EQ(request->body, R"({"weights":{"blue":3,"green":0}})");
  request = read({"traffic", "groups", "a1", "--group", "blue", "--group", "red"});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->body, R"({"groups":["blue","red"]})");
  request = read({"log", "level", "link", "debug"});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->path, "/api/v1/log/levels/link");
  EXPECT_EQ(request->body, R"({"level":"debug"})");
}

TEST(CtlCommands, WhatIsMissingOrNotUnderstoodIsNamed) {
  EXPECT_THAT(failure_of({"session"}), HasSubstr("session list, session show"));
  EXPECT_THAT(failure_of({"session", "remove"}), HasSubstr("\"session remove\""));
  EXPECT_THAT(failure_of({"session", "show"}), HasSubstr("session show needs CLIENT"));
  EXPECT_THAT(failure_of({"ban", "add", "client"}), HasSubstr("ban add needs PATTERN"));
  EXPECT_THAT(failure_of({"ban", "show", "client", "a", "b"}), HasSubstr("unexpected word \"b\""));
  EXPECT_THAT(failure_of({"session", "show", ""}), HasSubstr("CLIENT is empty"));
  EXPECT_THAT(failure_of({"session", "delete", "a", "b"}), HasSubstr("unexpected word \"b\""));
  EXPECT_THAT(failure_of({"session", "show", "a", "--prefix", "b"}), HasSubstr("--prefix"));
  EXPECT_THAT(failure_of({"session", "list", "--limit"}), HasSubstr("--limit needs a value"));
  EXPECT_THAT(failure_of({"session", "list", "--limit=1", "--limit=2"}), HasSubstr("twice"));
  EXPECT_THAT(failure_of({"session", "subscribe", "a", "--qos", "1"}), HasSubstr("needs --filter"));
  EXPECT_THAT(failure_of({"publish", "t", "--qos", "one"}), HasSubstr("--qos needs a number"));
  EXPECT_THAT(failure_of({"publish", "t", "--retain=yes"}), HasSubstr("--retain takes no value"));
  EXPECT_THAT(failure_of({"publish", "t", "--user-property", "a"}), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(failure_of({"retain", "delete", "t", "--all"}), HasSubstr("--all"));
  EXPECT_THAT(failure_of({"traffic", "set", "mqtt", "a", "--weight", "blue"}), HasSubstr("NAME=NUMBER"));
  EXPECT_THAT(failure_of({"traffic", "set", "mqtt", "a", "--weight", "b=x"}), HasSubstr("NAME=NUMBER"));
  EXPECT_THAT(failure_of({"traffic", "set", "mqtt", "a", "--weight", "b=1", "--weight", "b=2"}),
              HasSubstr("twice"));
  EXPECT_THAT(failure_of({"traffic", "set", "mqtt", "a"}), HasSubstr("needs --weight"));
}

TEST(CtlCommands, WhatGoesForAllCommandsIsGivenOnceAndNotEmpty) {
  for (const std::string option : {"--endpoint", "--token-file"}) {
    EXPECT_THAT(failure_of({"session", "list", (option + "=").c_str()}),
                HasSubstr(option + " needs a value"));
    EXPECT_THAT(failure_of({"session", "list", option.c_str(), ""}), HasSubstr(option + " needs a value"));
    EXPECT_THAT(failure_of({option.c_str(), "a", "session", "list", (option + "=b").c_str()}),
                HasSubstr(option + " is given twice"));
    const std::vector<const char*> plain{"retain", "export", option.c_str(), "a", option.c_str(), "b"};
    EXPECT_THAT(read_plain(plain, {}, {}).error().message, HasSubstr(option + " is given twice"));
  }
  EXPECT_THAT(failure_of({"session", "list", "--json=x"}), HasSubstr("--json takes no value"));
  EXPECT_THAT(failure_of({"session", "list", "--all=x"}), HasSubstr("--all takes no value"));
}

TEST(CtlViews, ACursorIsShownWholeOrNotAtAll) {
  const std::string cursor(400, 'a');
  const auto page_with = [](const std::string& text) {
    return retained_list_view(R"({"messages": [], "cursor": ")" + text + R"("})");
  };
  EXPECT_THAT(*page_with(cursor), HasSubstr("--cursor " + cursor + ", or --all"));
  for (const char* odd : {"no cursor", "A1", "\\u001b"}) EXPECT_FALSE(page_with(odd).ok()) << odd;
}

TEST(CtlViews, ARetainedPayloadIsShownWholeAndEscaped) {
  const std::string payload(5000, 'p');
  EXPECT_EQ(*retained_view(R"({"payload": "\u001b)" + payload + R"("})"), "\\x1b" + payload + "\n");
  EXPECT_EQ(*retained_view(R"({"payload_base64": ")" + payload + R"("})"), "base64: " + payload + "\n");
}

TEST(CtlCommands, OtherCommandsAndHelpAreNotTheirs) {
  for (const std::vector<const char*>& args : {std::vector<const char*>{},
                                               {"status"},
                                               {"range", "list"},
                                               {"session", "--help"},
                                               {"--version", "session"}})
    EXPECT_FALSE(is_api_command(args));
}

TEST(CtlCommands, EachIsInTheHelpAndThereOnce) {
  std::set<std::string_view> seen;
  for (const ApiCommand& command : api_commands()) {
    EXPECT_TRUE(seen.insert(command.words).second) << command.words;
    EXPECT_THAT(std::string(help_text()), HasSubstr("tenonctl " + std::string(command.words)));
    const bool has_place = command.path.find("{}") != std::string_view::npos;
    const bool has_word = !command.word.empty() && command.word.front().place == Place::path;
    EXPECT_EQ(has_place, has_word) << command.words;
  }
}

}  // namespace
}  // namespace tenon::ctl
