#include "bin/ctl/status_view.h"

#include <gtest/gtest.h>

#include "admin/json/status_json.h"
#include "bin/ctl/table.h"
#include "fakes.h"

namespace tenon::ctl {
namespace {

using observe::HealthState;

std::string view(const admin::NodeStatus& status, const observe::HealthReport& health) {
  return status_view(admin::status_json(status, health)).value();
}

TEST(CtlStatusView, ShowsTheStatusAsTables) {
  EXPECT_EQ(view(admin::sample_status(), {true, {{"node", HealthState::ok, ""}}}),
            "tenon 0.1.0, node n1 (pid 42), up 2 h 3 min, 2 workers\n"
            "ready\n"
            "\n"
            "  LISTENER  TRANSPORT  ADDRESS                    CONNECTIONS\n"
            "  default   tcp        127.0.0.1:1883             3\n"
            "  local     tcp        unix:/run/tenon/mqtt.sock  1\n"
            "\n"
            "  PLUGIN  KIND       VERSION  LEVEL  STATE   HEALTH\n"
            "  tcp     transport  0.1.0    1      active  ok\n"
            "  users   auth       0.1.0    1      active  degraded\n"
            "\n"
            "connections 4, sessions 5, subscriptions 6, retained messages 7\n"
            "messages: 100 received, 200 sent, 1 dropped\n");
}

TEST(CtlStatusView, SaysWhatIsNotWell) {
  const std::string text = view(
      admin::sample_status(),
      {false, {{"node", HealthState::ok, ""}, {"plugin.users", HealthState::failed, "the file is gone"}}});
  EXPECT_NE(text.find("NOT READY\n  plugin.users is failed: the file is gone\n"), std::string::npos);
}

// ATTACK-28
TEST(CtlStatusView, ABrokerCanNotSteerTheTerminal) {
  admin::NodeStatus status = admin::sample_status();
  status.node_id = "\x1b[2J";
  status.listeners[0].name = "a\nb";
  const std::string text = view(status, {true, {}});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("a\\nb"), std::string::npos);
}

TEST(CtlStatusView, Ipv6AddressesStandInBrackets) {
  admin::NodeStatus status = admin::sample_status();
  status.listeners[0].address = "::1";
  EXPECT_NE(view(status, {true, {}}).find("[::1]:1883"), std::string::npos);
}

TEST(CtlStatusView, AnythingElseThanAStatusIsRefused) {
  for (const char* body : {"", "{", "[]", "{}", "{\"version\": 1}", "null"})
    EXPECT_FALSE(status_view(body).ok()) << body;
}

TEST(CtlStatusView, DurationsHaveTwoUnits) {
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(59), "59 s");
  EXPECT_EQ(duration_text(60), "1 min");
  EXPECT_EQ(duration_text(421), "7 min 1 s");
  EXPECT_EQ(duration_text(3600), "1 h");
  EXPECT_EQ(duration_text(3 * 86400 + 4 * 3600 + 5), "3 d 4 h");
}

TEST(CtlTable, AlignsByCharactersNotBytes) {
  Table table({"A", "B"});
  table.add({"käse", "x"});
  table.add({"c", "y"});
  EXPECT_EQ(table.to_text(), "  A     B\n  käse  x\n  c     y\n");
}

}  // namespace
}  // namespace tenon::ctl
