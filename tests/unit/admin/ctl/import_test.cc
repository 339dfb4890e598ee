// What a mosquitto.conf becomes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bin/ctl/import/conf_files.h"
#include "bin/ctl/run.h"
#include "support/temp_dir.h"

namespace tenon::ctl {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Imported {
  json conf;  // all files as one
  std::vector<Remark> remarks;

  // Of the option, "taken: ...", "not needed: ..." or "lost: ...", joined.
  std::string said_of(std::string_view name) const {
    std::string text;
    for (const Remark& remark : remarks) {
      if (remark.option.name != name) continue;
      text += remark.kind == Remark::Kind::taken    ? "taken: "
              : remark.kind == Remark::Kind::nature ? "not needed: "
                                                    : "lost: ";
      text += remark.text + "; ";
    }
    return text;
  }
};

Imported import(const std::string& text) {
  Conversion conversion = convert_mosquitto(parse_mosquitto_conf("m.conf", text));
  Imported out;
  out.conf = json::object();
  for (const auto& [name, content] : conf_files(conversion))
    out.conf.merge_patch(json::parse(content, nullptr, true, true));
  out.remarks = conversion.remarks;
  return out;
}

TEST(Import, AnEmptyFileLeavesTheShippedListenerForThisMachine) {
  const Imported out = import("# nothing\n\n");
  EXPECT_EQ(out.conf, json::parse(R"({"auth": {"anonymous": "loopback"}})"));
}

TEST(Import, AListenerIsOpenToAllAddressesAndShutToAnonymousClients) {
  const Imported out = import("listener 1883\n");
  EXPECT_EQ(out.conf["listeners"]["default"],
            json::parse(R"({"bind": "::", "port": 1883, "stack": ["tcp"]})"));
  EXPECT_EQ(out.conf["auth"]["anonymous"], "never");
}

TEST(Import, OptionsBelongToTheListenerBeforeThem) {
  const Imported out = import(R"(port 1884
max_connections 5
listener 8883 192.0.2.1
certfile /c.pem
keyfile /k.pem
max_connections -1
listener 0 /run/m.sock
listener 9001 127.0.0.1
protocol websockets
)");
  const json& listeners = out.conf["listeners"];
  EXPECT_EQ(listeners["default"]["port"], 1884);
  EXPECT_EQ(listeners["default"]["connections_max"], 5);
  EXPECT_EQ(listeners["listener-2"],
            json::parse(R"({"bind": "192.0.2.1", "port": 8883, "stack": ["tcp", "tls"]})"));
  EXPECT_EQ(listeners["listener-3"], json::parse(R"({"bind": "unix:/run/m.sock", "stack": ["tcp"]})"));
  EXPECT_EQ(listeners["listener-4"]["stack"], json::parse(R"(["tcp", "websocket"])"));
  EXPECT_EQ(out.conf["plugins"]["tls"]["options"],
            json::parse(R"({"certificate": "/c.pem", "key": "/k.pem"})"));
  EXPECT_TRUE(out.conf["plugins"].contains("websocket"));
}

TEST(Import, ListenersWithOtherCertificatesHavePluginsOfTheirOwn) {
  const Imported out = import(R"(listener 8883
certfile /c.pem
keyfile /k.pem
cafile /ca.pem
require_certificate true
use_identity_as_username true
tls_version tlsv1.3
listener 8884
certfile /c.pem
keyfile /k.pem
cafile /ca.pem
listener 8885
certfile /c.pem
keyfile /k.pem
)");
  EXPECT_EQ(
      out.conf["plugins"]["tls"]["options"],
      json::parse(
          R"({"certificate": "/c.pem", "key": "/k.pem", "ca": "/ca.pem", "client_certificate": "required",
                            "username_from": "cn", "min_version": "1.3"})"));
  EXPECT_EQ(
      out.conf["plugins"]["tls-2"],
      json::parse(R"({"file": "filter-tls.so", "options": {"certificate": "/c.pem", "key": "/k.pem"}})"));
  EXPECT_EQ(out.conf["listeners"]["listener-3"]["stack"], json::parse(R"(["tcp", "tls-2"])"));
}

TEST(Import, UsersAndRightsAreAnEntryOfTheChain) {
  const Imported shut = import("listener 1883\npassword_file /p\nacl_file /a\nallow_anonymous false\n");
  EXPECT_EQ(shut.conf["auth"]["chain"]["file"]["options"],
            json::parse(R"({"password_file": "/p", "acl_file": "/a"})"));
  EXPECT_EQ(shut.conf["auth"]["anonymous"], "never");
  const Imported open = import("listener 1883\npassword_file /p\nallow_anonymous true\n");
  EXPECT_EQ(open.conf["auth"]["anonymous"], "always");
  const Imported ruled = import("listener 1883\nacl_file /a\nallow_anonymous true\n");
  EXPECT_EQ(ruled.conf["auth"]["chain"]["file"]["options"],
            json::parse(R"({"acl_file": "/a", "anonymous": true})"));
  EXPECT_EQ(ruled.conf["auth"]["anonymous"], "never") << "its rules say what anonymous clients may";
}

TEST(Import, EachListenerMayHaveUsersOfItsOwn) {
  const Imported out = import(R"(per_listener_settings true
listener 1883 127.0.0.1
allow_anonymous true
listener 1884
password_file /p
)");
  EXPECT_EQ(out.conf["listeners"]["default"]["auth"], json::array());
  EXPECT_EQ(out.conf["listeners"]["listener-2"]["auth"], json::parse(R"(["file"])"));
  EXPECT_EQ(out.conf["auth"]["anonymous"], "never") << "it goes for all listeners, so the strictest counts";
  EXPECT_THAT(out.remarks.back().text, HasSubstr("at none"));
}

TEST(Import, LimitsAreTheKeysOfTheSameMeaningWithinTheirBounds) {
  const Imported out = import(R"(max_inflight_messages 50
max_keepalive 600
message_size_limit 100
max_queued_messages 0
max_queued_bytes 1
persistent_client_expiration 2w
sys_interval 7200
retain_available false
accept_protocol_versions 4, 5
memory_limit 1000000
)");
  const json& mqtt = out.conf["mqtt"];
  EXPECT_EQ(mqtt["inflight_max"], 50);
  EXPECT_EQ(mqtt["keepalive_s_max"], 600);
  EXPECT_EQ(mqtt["packet_bytes_max"], 256);
  EXPECT_THAT(out.said_of("message_size_limit"), HasSubstr("lost: it is 256 here"));
  EXPECT_FALSE(mqtt.contains("session_queue_count_max"));
  EXPECT_THAT(out.said_of("max_queued_messages"), HasSubstr("lost: 0 is no limit"));
  EXPECT_EQ(mqtt["session_queue_bytes_max"], 4096);
  EXPECT_EQ(mqtt["session_expiry_s_max"], 1'209'600);
  EXPECT_EQ(mqtt["sys_interval_s"], 3600);
  EXPECT_EQ(mqtt["retained_count_max"], 0);
  EXPECT_EQ(mqtt["versions"], json::parse(R"(["3.1.1", "5.0"])"));
  EXPECT_EQ(out.conf["overload"]["memory_high_bytes"], 1'000'000);
}

TEST(Import, EachLineIsAnsweredAndWhatHasNoCounterpartIsCalledThat) {
  const std::string text = R"(user mosquitto
pid_file /run/m.pid
persistence true
persistence_location /var/lib/mosquitto/
log_dest syslog
log_dest topic
log_type error
log_type notice
connection far
address far.example.org:1883
topic # both 0
remote_password secret
plugin /usr/lib/x.so
plugin_opt_a b
psk_file /psk
mount_point a/
port x
no_such_option 1
)";
  const Imported out = import(text);
  std::set<std::size_t> answered;
  for (const Remark& remark : out.remarks) answered.insert(remark.option.line);
  EXPECT_EQ(answered.size(), 18u);
  for (const char* name :
       {"user", "persistence_location", "connection", "address", "topic", "remote_password", "plugin",
        "plugin_opt_a", "psk_file", "mount_point", "port", "no_such_option"})
    EXPECT_THAT(out.said_of(name), testing::StartsWith("lost: ")) << name;
  EXPECT_THAT(out.said_of("pid_file"), testing::StartsWith("not needed: "));
  EXPECT_EQ(out.conf["log"]["level"], "info");
}

TEST(Import, AListenerBehindABridgeIsOneAgain) {
  const Imported out = import("connection far\naddress x\ntopic # in\nlistener 1885\nmax_connections 3\n");
  EXPECT_EQ(out.conf["listeners"]["default"]["connections_max"], 3);
}

TEST(Import, TheLogStaysWithTheJournalUnlessItsFileIsInTenonsOwnDirectory) {
  const Imported other = import("log_dest file /var/log/mosquitto/mosquitto.log\n");
  EXPECT_FALSE(other.conf.contains("log"));
  EXPECT_THAT(other.said_of("log_dest"), HasSubstr("lost: the log goes to standard error"));
  const Imported own = import("log_dest file /var/log/tenon/tenon.log\n");
  EXPECT_EQ(own.conf["log"]["file"], "/var/log/tenon/tenon.log");
}

TEST(Import, FilesThatAreReadAsTheyAreHaveToBeReadableByTheBrokersUser) {
  const Imported out = import("listener 8883\npassword_file /p\nacl_file /a\nkeyfile /k.pem\nciphers HIGH\n");
  for (const char* name : {"password_file", "acl_file", "keyfile"})
    EXPECT_THAT(out.said_of(name), HasSubstr("the user `tenon` has to be able to read it")) << name;
  EXPECT_THAT(out.said_of("ciphers"), testing::Not(HasSubstr("read")));
}

struct ImportCommand : testing::Test {
  Outcome ask(std::vector<const char*> words) { return run(words, {}); }
  void put(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(directory.path() + "/" + name).parent_path());
    std::ofstream(directory.path() + "/" + name) << text;
  }

  tenon::test::TempDir directory;
  const std::string file = directory.path() + "/mosquitto.conf";
  const std::string to = directory.path() + "/conf.d";
};

TEST_F(ImportCommand, WritesFilesAndTellsOfEachLine) {
  put("mosquitto.conf", "include_dir " + directory.path() + "/more\nremote_password geheim\n");
  put("more/b.conf", "max_keepalive 60\n");
  put("more/a.conf", "listener 1883\nbind_interface eth0\n");
  put("more/c.txt", "no_such_option 1\n");
  const Outcome outcome = ask({"import", file.c_str(), "--to", to.c_str()});
  EXPECT_EQ(outcome.code, ExitCode::ok) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("/more/a.conf:2: bind_interface eth0: NO COUNTERPART"));
  EXPECT_THAT(outcome.out, HasSubstr("/more/b.conf:1: max_keepalive 60: taken: mqtt.keepalive_s_max"));
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("geheim")));
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("no_such_option")));
  EXPECT_TRUE(std::filesystem::exists(to + "/30-listeners.json"));
  const Outcome again = ask({"import", file.c_str(), "--to", to.c_str()});
  EXPECT_EQ(again.code, ExitCode::failed);
  EXPECT_THAT(again.err, HasSubstr("already"));
}

TEST_F(ImportCommand, WritesBesideFilesOfOthersAndOverNone) {
  put("mosquitto.conf", "listener 1883\n");
  put("conf.d/50-local.json", "{}");
  EXPECT_EQ(ask({"import", file.c_str(), "--to", to.c_str()}).code, ExitCode::ok);
  EXPECT_TRUE(std::filesystem::exists(to + "/40-auth.json"));
  std::filesystem::remove(to + "/30-listeners.json");
  put("conf.d/40-auth.json", "mine");
  const Outcome outcome = ask({"import", file.c_str(), "--to", to.c_str()});
  EXPECT_EQ(outcome.code, ExitCode::failed);
  EXPECT_THAT(outcome.err, HasSubstr("40-auth.json already"));
  EXPECT_FALSE(std::filesystem::exists(to + "/30-listeners.json"));
}

TEST_F(ImportCommand, AWrongCommandLineOrFileIsRefused) {
  EXPECT_EQ(ask({"import"}).code, ExitCode::usage);
  EXPECT_EQ(ask({"import", file.c_str()}).code, ExitCode::usage);
  EXPECT_EQ(ask({"import", file.c_str(), "--to", to.c_str()}).code, ExitCode::failed);
  put("mosquitto.conf", "include_dir /nowhere\n");
  const Outcome outcome = ask({"import", file.c_str(), "--to", to.c_str()});
  EXPECT_EQ(outcome.code, ExitCode::failed);
  EXPECT_THAT(outcome.err, HasSubstr("mosquitto.conf:1"));
  EXPECT_FALSE(std::filesystem::exists(to));
}

}  // namespace
}  // namespace tenon::ctl
