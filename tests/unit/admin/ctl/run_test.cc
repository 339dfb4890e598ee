#include "bin/ctl/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "admin/api.h"
#include "admin/http/connection.h"
#include "fakes.h"
#include "socket_server.h"
#include "support/manual_clock.h"

namespace tenon::ctl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string token(64, 'a');

// tenonctl against the real API over real sockets.
struct CtlRun : testing::Test {
  CtlRun() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tenonctl-XXXXXX").string();
    directory = mkdtemp(pattern.data());
    fakes.health.set("node", observe::HealthState::ok);
  }
  ~CtlRun() override { std::filesystem::remove_all(directory); }

  std::string path(const char* name) const { return directory + "/" + name; }

  Outcome ctl(std::vector<const char*> args) const { return run(args, {endpoint_variable, directory}); }

  // The answer of the API to a whole request.
  SocketServer::Answer api_for(admin::PeerTrust peer) {
    return [this, peer](const std::string& received) {
      admin::HttpConnection connection(api, clock, peer);
      connection.on_bytes(as_bytes(received));
      if (const auto work = connection.take_work())
        work->run([&](admin::HttpResponse&& response) { connection.on_response(std::move(response)); });
      return connection.take_output();
    };
  }

  void write_file(const char* name, const std::string& content) { std::ofstream(path(name)) << content; }

  std::string directory;
  std::string endpoint_variable;
  test::ManualClock clock;
  admin::FakeParts fakes;
  admin::Api api{fakes.parts(), admin::TokenBook({{"", admin::Role::admin, token}})};
};

TEST_F(CtlRun, StatusUsesTheUnixSocketInTheDataDirectory) {
  SocketServer server(path("api.sock"), api_for(admin::PeerTrust::owner));
  const Outcome outcome = ctl({"status"});
  EXPECT_EQ(outcome.code, ExitCode::ok);
  EXPECT_THAT(outcome.out, StartsWith("tenon 0.1.0, node n1"));
  EXPECT_EQ(outcome.err, "");
}

TEST_F(CtlRun, JsonIsTheAnswerOfTheBroker) {
  SocketServer server(path("api.sock"), api_for(admin::PeerTrust::owner));
  const Outcome outcome = ctl({"status", "--json"});
  EXPECT_EQ(outcome.code, ExitCode::ok);
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["counts"]["sessions"], 5);
}

TEST_F(CtlRun, TheEndpointVariableIsUsedAndTheOptionWinsOverIt) {
  SocketServer server(path("other.sock"), api_for(admin::PeerTrust::owner));
  endpoint_variable = "unix:" + path("other.sock");
  EXPECT_EQ(ctl({"status"}).code, ExitCode::ok);
  EXPECT_EQ(ctl({"status", "--endpoint", ("unix:" + path("none.sock")).c_str()}).code, ExitCode::unreachable);
  endpoint_variable = "nonsense";
  const Outcome outcome = ctl({"status"});
  EXPECT_EQ(outcome.code, ExitCode::usage);
  EXPECT_THAT(outcome.err, HasSubstr("TENON_ENDPOINT"));
}

TEST_F(CtlRun, WhoClosesWithoutAnAnswerIsNoBroker) {
  SocketServer server("", [](const std::string&) { return std::string(SocketServer::hang_up); });
  const std::string endpoint = server.http_endpoint();
  const Outcome outcome = ctl({"status", "--endpoint", endpoint.c_str()});
  EXPECT_EQ(outcome.code, ExitCode::unreachable);
  EXPECT_THAT(outcome.err, HasSubstr("closed the connection without an answer"));
}

TEST_F(CtlRun, OverTcpItShowsTheTokenOfTheDataDirectoryOrOfTheOption) {
  SocketServer server("", api_for(admin::PeerTrust::loopback));
  const std::string endpoint = server.http_endpoint();
  const Outcome without = ctl({"status", "--endpoint", endpoint.c_str()});
  EXPECT_EQ(without.code, ExitCode::denied);
  EXPECT_THAT(without.err, HasSubstr("administrator's token"));
  EXPECT_THAT(without.err, HasSubstr("--token-file"));
  write_file("mine", token + "\n");
  EXPECT_EQ(ctl({"status", "--endpoint", endpoint.c_str(), "--token-file", path("mine").c_str()}).code,
            ExitCode::ok);
  write_file("admin.token", token + "\n");
  EXPECT_EQ(ctl({"status", "--endpoint", endpoint.c_str()}).code, ExitCode::ok);
}

TEST_F(CtlRun, AWrongTokenOrAnUnreadableTokenFileIsDenied) {
  SocketServer server("", api_for(admin::PeerTrust::loopback));
  const std::string endpoint = server.http_endpoint();
  write_file("wrong", std::string(64, 'b'));
  const Outcome wrong =
      ctl({"status", "--endpoint", endpoint.c_str(), "--token-file", path("wrong").c_str()});
  EXPECT_EQ(wrong.code, ExitCode::denied);
  EXPECT_THAT(wrong.err, HasSubstr("the token is not the administrator's"));
  const Outcome missing =
      ctl({"status", "--endpoint", endpoint.c_str(), "--token-file", path("none").c_str()});
  EXPECT_EQ(missing.code, ExitCode::denied);
  EXPECT_THAT(missing.err, HasSubstr(path("none")));
}

TEST_F(CtlRun, ABrokerThatIsNotThereIsUnreachableWithAHint) {
  const Outcome no_socket = ctl({"status"});
  EXPECT_EQ(no_socket.code, ExitCode::unreachable);
  EXPECT_EQ(no_socket.err, "tenonctl: can't reach the broker at unix:" + path("api.sock") +
                               ": there is no such socket; is it running? --endpoint names another place\n");
  {
    SocketServer gone(path("api.sock"), [](const std::string&) { return std::string(); });
  }
  EXPECT_THAT(ctl({"status"}).err, HasSubstr("connection refused; is it running?"));
  std::string endpoint;
  {
    endpoint = SocketServer("", [](const std::string&) { return std::string(); }).http_endpoint();
  }
  const Outcome refused = ctl({"status", "--endpoint", endpoint.c_str()});
  EXPECT_EQ(refused.code, ExitCode::unreachable);
  EXPECT_THAT(refused.err, HasSubstr("connection refused"));
}

TEST_F(CtlRun, WhatIsNoBrokerIsSaidSo) {
  for (const char* reply : {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
                            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"}) {
    SocketServer server(path("api.sock"), [&](const std::string&) { return std::string(reply); });
    const Outcome outcome = ctl({"status"});
    EXPECT_EQ(outcome.code, ExitCode::failed) << reply;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err, "");
    std::filesystem::remove(path("api.sock"));
  }
}

TEST_F(CtlRun, AnAnswerThatBreaksOffIsUnreachable) {
  SocketServer server(path("api.sock"), [](const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n{\"version\"");
  });
  const Outcome outcome = ctl({"status"});
  EXPECT_EQ(outcome.code, ExitCode::unreachable);
  EXPECT_THAT(outcome.err, HasSubstr("broke off"));
}

// ATTACK-28
TEST_F(CtlRun, OtherErrorsAreShownWithTheirDetailAndEscaped) {
  SocketServer server(path("api.sock"), [](const std::string&) {
    const std::string body = R"({"detail":"not \u001b[31mtoday"})";
    return "HTTP/1.1 503 x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  });
  const Outcome outcome = ctl({"status"});
  EXPECT_EQ(outcome.code, ExitCode::failed);
  EXPECT_THAT(outcome.err, HasSubstr("answered: not \\x1b[31mtoday"));
}

TEST_F(CtlRun, AReasonIsShownWholeWhenItIsLong) {
  const std::string reason = std::string(1000, 'w') + " last";
  SocketServer server(path("api.sock"), [&](const std::string&) {
    const std::string body = R"({"detail":")" + reason + R"("})";
    return "HTTP/1.1 409 x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  });
  EXPECT_THAT(ctl({"config", "diff"}).err, HasSubstr(reason));
}

TEST_F(CtlRun, HelpAndVersionNeedNoBroker) {
  EXPECT_EQ(ctl({"--help"}).code, ExitCode::ok);
  EXPECT_THAT(ctl({"--help"}).out, HasSubstr("tenonctl status"));
  EXPECT_EQ(ctl({"--version"}).out, "tenonctl " TENON_VERSION "\n");
  const Outcome usage = ctl({});
  EXPECT_EQ(usage.code, ExitCode::usage);
  EXPECT_EQ(usage.out, "");
}

TEST_F(CtlRun, RangesAreShownAsATable) {
  SocketServer server(path("api.sock"), api_for(admin::PeerTrust::owner));
  const Outcome outcome = ctl({"range", "list"});
  EXPECT_EQ(outcome.code, ExitCode::ok) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("12884901888"));
  EXPECT_THAT(outcome.out, HasSubstr("%00m%25"));
  EXPECT_EQ(nlohmann::json::parse(ctl({"range", "list", "--json"}).out)["ranges"].size(), 2u);
}

TEST_F(CtlRun, AnOrderIsFollowedToItsEnd) {
  SocketServer server(path("api.sock"), api_for(admin::PeerTrust::owner));
  Outcome outcome = ctl({"range", "transfer", "12884901888", "--to", "00000000000000a2", "--reason", "why"});
  EXPECT_EQ(outcome.code, ExitCode::ok) << outcome.err;
  EXPECT_EQ(outcome.out, "done: because\n");
  ASSERT_EQ(fakes.ranges.given.size(), 1u);
  EXPECT_EQ(fakes.ranges.given[0].reason, "why");
  fakes.ranges.end = "stale";
  outcome = ctl({"range", "transfer", "12884901888", "--to", "00000000000000a2"});
  EXPECT_EQ(outcome.code, ExitCode::failed);
  EXPECT_THAT(outcome.err, HasSubstr("stale"));
  EXPECT_THAT(outcome.err, HasSubstr("because"));
}

TEST_F(CtlRun, MembersAreListsWithCommas) {
  SocketServer server(path("api.sock"), api_for(admin::PeerTrust::owner));
  const Outcome outcome = ctl({"range", "members", "7", "--voters", "a,b,c", "--learners", "d"});
  EXPECT_EQ(outcome.code, ExitCode::ok) << outcome.err;
  ASSERT_EQ(fakes.ranges.given.size(), 1u);
  EXPECT_EQ(fakes.ranges.given[0].voters, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(fakes.ranges.given[0].learners, (std::vector<std::string>{"d"}));
}

TEST_F(CtlRun, AnOrderThatIsRefusedAtOnceFailsWithTheReason) {
  SocketServer server(path("api.sock"), api_for(admin::PeerTrust::owner));
  fakes.ranges.failure = Error{Errc::not_found, "there is no range 7"};
  const Outcome outcome = ctl({"range", "transfer", "7", "--to", "00000000000000a2"});
  EXPECT_EQ(outcome.code, ExitCode::failed);
  EXPECT_THAT(outcome.err, HasSubstr("there is no range 7"));
}

TEST_F(CtlRun, AllPagesMayBeginAtACursor) {
  std::vector<std::string> asked;
  SocketServer server(path("api.sock"), [&](const std::string& received) {
    asked.push_back(received.substr(0, received.find(" HTTP")));
    const std::string body =
        asked.size() == 1 ? R"({"messages": [], "cursor": "b2"})" : R"({"messages": []})";
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  });
  const Outcome outcome = ctl({"retain", "list", "--cursor", "a1", "--limit", "5", "--all"});
  EXPECT_EQ(outcome.code, ExitCode::ok) << outcome.err;
  EXPECT_EQ(asked, (std::vector<std::string>{"GET /api/v1/retained?cursor=a1&limit=5",
                                             "GET /api/v1/retained?cursor=b2&limit=5"}));
}

TEST_F(CtlRun, ATraceIsPrintedPageByPage) {
  SocketServer server(path("api.sock"), api_for(admin::PeerTrust::owner));
  fakes.traces.ends = true;
  std::vector<std::string> printed;
  const auto print = [&](const std::string& text) { printed.push_back(text); };
  const std::vector<const char*> args{"trace", "show", "1", "--all"};
  const Outcome outcome = run(args, {endpoint_variable, directory, {}, {}, print});
  EXPECT_EQ(outcome.code, ExitCode::ok) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  ASSERT_EQ(printed.size(), 2u);
  EXPECT_THAT(printed[0], HasSubstr("PINGREQ"));
  EXPECT_THAT(printed[0], HasSubstr("node a3 has not answered"));
  EXPECT_THAT(printed[1], HasSubstr("closed"));
  EXPECT_THAT(printed[1], testing::Not(HasSubstr("a3 has"))) << "that is said once";
  EXPECT_EQ(nlohmann::json::parse(ctl({"trace", "show", "1", "--all", "--json"}).out)["lines"].size(), 3u);
}

}  // namespace
}  // namespace tenon::ctl
