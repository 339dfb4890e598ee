#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include <tenon/draft/hash.h>
#include <tenon/draft/transport.h>

#include "address.h"
#include "fake_host.h"
#include "options_schema.h"
#include "status.h"

namespace tenon::transport_tcp::testing {
namespace {

const tenon_plugin_descriptor& descriptor() {
  tenon_bootstrap boot{sizeof boot, TENON_BOOTSTRAP_MAGIC, TENON_ABI_LEVEL, 0, "test", "0"};
  return *tenon_module_v1(&boot)->plugins[0];
}

// What init answers to these options; the text of a failure in `message`.
tenon_status init_with(std::map<std::string, FakeHost::Option> options, std::string& message) {
  FakeHost host(1);
  host.options = std::move(options);
  tenon_plugin* plugin = nullptr;
  tenon_error error{};
  error.struct_size = sizeof error;
  EXPECT_EQ(descriptor().create(host.abi(), &plugin, &error), TENON_OK);
  const tenon_status status = plugin->init(plugin, &error);
  message = error.message;
  plugin->destroy(plugin);
  return status;
}

TEST(Plugin, SaysWhatItIs) {
  EXPECT_STREQ(descriptor().kind_id, TENON_TRANSPORT_ID);
  EXPECT_STREQ(descriptor().name, "tcp");
  EXPECT_EQ(descriptor().draft_hash, TENON_DRAFT_HASH_TRANSPORT ^ TENON_DRAFT_HASH_REACTOR ^
                                         TENON_DRAFT_HASH_TIMER ^ TENON_DRAFT_HASH_CLOCK ^
                                         TENON_DRAFT_HASH_POOL);
}

TEST(Plugin, SchemaIsJsonAndNamesEveryOption) {
  const auto schema = nlohmann::json::parse(options_schema);
  for (const char* name :
       {"backlog", "nodelay", "reuse_port", "unix_mode", "send_buffer_bytes", "receive_buffer_bytes"}) {
    EXPECT_TRUE(schema["properties"].contains(name)) << name;
    EXPECT_TRUE(schema["properties"][name].contains("default")) << name;
  }
}

TEST(Plugin, OptionsOutOfRangeAreRefusedByName) {
  std::string message;
  EXPECT_EQ(init_with({}, message), TENON_OK);
  EXPECT_EQ(init_with({{"backlog", std::int64_t{0}}}, message), TENON_E_INVALID);
  EXPECT_NE(message.find("backlog"), std::string::npos);
  EXPECT_EQ(init_with({{"send_buffer_bytes", std::int64_t{-1}}}, message), TENON_E_INVALID);
  EXPECT_NE(message.find("send_buffer_bytes"), std::string::npos);
  for (const char* mode : {"", "9", "0668", "10000", "rw"}) {
    EXPECT_EQ(init_with({{"unix_mode", std::string(mode)}}, message), TENON_E_INVALID) << mode;
    EXPECT_NE(message.find("unix_mode"), std::string::npos);
  }
  EXPECT_EQ(init_with({{"nodelay", std::int64_t{1}}}, message), TENON_E_INVALID);
}

TEST(Address, NumbersAreTakenAsTheyStandAndNamesAreNot) {
  EXPECT_EQ(numeric_address("127.0.0.1", 1883)->text(), "127.0.0.1 port 1883");
  EXPECT_EQ(numeric_address("::1", 80)->text(), "::1 port 80");
  EXPECT_EQ(numeric_address("[::1]", 80)->text(), "::1 port 80");
  EXPECT_FALSE(numeric_address("localhost", 1));
  EXPECT_FALSE(numeric_address("", 1));
  EXPECT_FALSE(numeric_address("[]", 1));
  EXPECT_FALSE(numeric_address("127.0.0.1.5", 1));
  EXPECT_FALSE(numeric_address(std::string_view("127.0.0.1\0x", 11), 1));
}

TEST(Address, MappedIpv4IsIpv4) {
  tenon_peer_info peer{};
  numeric_address("::ffff:10.1.2.3", 5)->describe(peer);
  EXPECT_EQ(peer.family, TENON_PEER_IPV4);
  EXPECT_EQ(peer.addr[0], 10);
  EXPECT_EQ(peer.addr[3], 3);
  EXPECT_EQ(peer.port, 5u);
}

TEST(Status, EveryErrnoHasOne) {
  EXPECT_EQ(link_status(0), TENON_E_CLOSED);
  EXPECT_EQ(link_status(EPIPE), TENON_E_RESET);
  EXPECT_EQ(link_status(EIO), TENON_E_IO);
  EXPECT_EQ(connect_status(ECONNREFUSED), TENON_E_REFUSED);
  EXPECT_EQ(connect_status(ENETUNREACH), TENON_E_ADDRESS);
  EXPECT_EQ(connect_status(EACCES), TENON_E_DENIED);
  EXPECT_EQ(connect_status(ETIMEDOUT), TENON_E_TIMEOUT);
}

}  // namespace
}  // namespace tenon::transport_tcp::testing
