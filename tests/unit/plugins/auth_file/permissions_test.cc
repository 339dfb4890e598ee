#include "acl/permissions.h"

#include <atomic>
#include <thread>

#include "support.h"

namespace tenon::auth_file {
namespace {

class Client {
 public:
  Client(const std::string& acl, Holder holder)
      : set_(sdk::PermissionSetRef::adopt(new Permissions(
            std::make_shared<const Acl>(parse_acl_file(TextFile("/acl", acl))), std::move(holder)))) {}

  bool may(std::uint32_t action, std::string_view topic) const {
    tenon_authz_query query{};
    query.struct_size = sizeof query;
    query.action = action;
    query.topic = sdk::abi(topic);
    return set_.get()->allows(query);
  }
  bool publish(std::string_view topic) const { return may(TENON_ACTION_PUBLISH, topic); }
  bool receive(std::string_view topic) const { return may(TENON_ACTION_RECEIVE, topic); }
  bool subscribe(std::string_view filter) const { return may(TENON_ACTION_SUBSCRIBE, filter); }

 private:
  sdk::PermissionSetRef set_;
};

Client client_with(const std::string& acl) {
  return {acl, {"ann", "d1", nullptr}};
}

TEST(Permissions, ReadReceivesAndWritePublishes) {
  const Client client = client_with("user ann\ntopic read r\ntopic write w\ntopic both\n");
  EXPECT_TRUE(client.receive("r"));
  EXPECT_FALSE(client.publish("r"));
  EXPECT_FALSE(client.receive("w"));
  EXPECT_TRUE(client.publish("w"));
  EXPECT_TRUE(client.receive("both"));
  EXPECT_TRUE(client.publish("both"));
}

TEST(Permissions, WhatNoRuleNamesIsDenied) {
  const Client client = client_with("user bob\ntopic #\n");
  EXPECT_FALSE(client.receive("x"));
  EXPECT_FALSE(client.publish("x"));
  EXPECT_FALSE(client.subscribe("x"));
  EXPECT_FALSE(client.subscribe("#"));
}

TEST(Permissions, DenyWinsOverEveryGrantWhereverItStands) {
  for (const char* acl :
       {"user ann\ntopic deny a/b\ntopic readwrite a/#\n", "user ann\ntopic readwrite a/#\ntopic deny a/b\n",
        "pattern deny a/b\nuser ann\ntopic readwrite a/#\n",
        "user ann\ntopic deny a/b\npattern readwrite a/#\n",
        "pattern a/#\npattern deny a/+\nuser ann\ntopic a/c/d\n"}) {
    const Client client = client_with(acl);
    EXPECT_FALSE(client.receive("a/b")) << acl;
    EXPECT_FALSE(client.publish("a/b")) << acl;
    EXPECT_TRUE(client.receive("a/c/d")) << acl;
  }
}

TEST(Permissions, PatternsAddToTheRulesOfTheUser) {
  const Client client = client_with("user ann\ntopic read news/#\npattern write sensor/%u/%c/data\n");
  EXPECT_TRUE(client.receive("news/1"));
  EXPECT_TRUE(client.publish("sensor/ann/d1/data"));
  EXPECT_FALSE(client.publish("sensor/ann/d2/data"));
  EXPECT_FALSE(client.publish("sensor/bob/d1/data"));
}

TEST(Permissions, DollarTopicsNeedARuleThatNamesThem) {
  const Client all = client_with("user ann\ntopic #\n");
  EXPECT_FALSE(all.receive("$SYS/broker/uptime"));
  EXPECT_FALSE(all.subscribe("$SYS/#"));
  const Client sys = client_with("user ann\ntopic read $SYS/#\ntopic deny $SYS/secret\n");
  EXPECT_TRUE(sys.receive("$SYS/broker/uptime"));
  EXPECT_TRUE(sys.subscribe("$SYS/#"));
  EXPECT_FALSE(sys.publish("$SYS/broker/uptime"));
  EXPECT_FALSE(sys.receive("$SYS/secret"));
}

TEST(Permissions, AWideFilterIsAllowedButReceivesOnlyWhatIsGranted) {  // ATTACK-10
  const Client client = client_with("user ann\ntopic read home/ann/#\ntopic deny home/ann/safe\n");
  for (const char* filter : {"#", "home/#", "+/ann/+", "home/ann/#", "home/ann/+", "home/ann"})
    EXPECT_TRUE(client.subscribe(filter)) << filter;
  for (const char* filter : {"home/bob/#", "x", "+", "home/+", "work/#", "home/ann/safe", "+/bob"})
    EXPECT_EQ(client.subscribe(filter), filter == std::string_view("home/+")) << filter;
  EXPECT_FALSE(client.receive("home/bob/x"));
  EXPECT_FALSE(client.receive("other"));
  EXPECT_FALSE(client.receive("home/ann/safe"));
  EXPECT_TRUE(client.receive("home/ann/x"));
}

TEST(Permissions, WriteGrantsAllowNoSubscription) {
  const Client client = client_with("user ann\ntopic write a/#\n");
  EXPECT_FALSE(client.subscribe("a/#"));
  EXPECT_FALSE(client.subscribe("#"));
}

TEST(Permissions, AnonymousClientsHaveTheGeneralRulesAndPatternsWithoutUser) {
  const std::string acl =
      "topic read free/#\nuser ann\ntopic read ann\npattern read by/%c\npattern read of/%u\n";
  const Client anonymous(acl, {std::nullopt, "d1", nullptr});
  EXPECT_TRUE(anonymous.receive("free/x"));
  EXPECT_FALSE(anonymous.receive("ann"));
  EXPECT_TRUE(anonymous.receive("by/d1"));
  EXPECT_FALSE(anonymous.receive("of/"));
  EXPECT_FALSE(anonymous.receive("of/ann"));
  EXPECT_FALSE(client_with(acl).receive("free/x"));
}

TEST(Permissions, PatternsGrantNothingToAnIdThatIsNoLevel) {  // ATTACK-17
  const std::string acl = "user ann\ntopic read mine\npattern readwrite dev/%c/#\n";
  for (const char* id : {"+", "#", "a/b", "", "$share", "x/#"}) {
    const Client client(acl, {"ann", id, nullptr});
    EXPECT_FALSE(client.receive("dev/a/b/x")) << id;
    EXPECT_FALSE(client.receive("dev/x")) << id;
    EXPECT_FALSE(client.publish(std::string("dev/") + id + "/x")) << id;
    EXPECT_FALSE(client.subscribe("dev/#")) << id;
    EXPECT_TRUE(client.receive("mine")) << id;
  }
}

TEST(Permissions, ADenyingPatternThatCannotBeAppliedDeniesAll) {  // ATTACK-17
  const std::string acl = "user ann\ntopic readwrite #\npattern deny %c/secret\n";
  EXPECT_TRUE(Client(acl, {"ann", "d1", nullptr}).receive("d2/secret"));
  EXPECT_FALSE(Client(acl, {"ann", "d1", nullptr}).receive("d1/secret"));
  for (const char* id : {"d1/x", "+", "#", "", "$x"}) {
    const Client client(acl, {"ann", id, nullptr});
    EXPECT_FALSE(client.receive("anything")) << id;
    EXPECT_FALSE(client.publish("anything")) << id;
    EXPECT_FALSE(client.subscribe("anything")) << id;
  }
}

TEST(Permissions, AnUnknownActionIsDenied) {
  EXPECT_FALSE(client_with("user ann\ntopic #\n").may(3, "a"));
  EXPECT_FALSE(client_with("user ann\ntopic #\n").may(0xffffffff, "a"));
}

TEST(Permissions, WithoutAclEverythingKnownIsAllowed) {
  const auto set = sdk::PermissionSetRef::adopt(new Permissions(nullptr, {"ann", std::nullopt, nullptr}));
  tenon_authz_query query{};
  query.struct_size = sizeof query;
  query.topic = sdk::abi("$SYS/any");
  for (std::uint32_t action = 0; action < 3; ++action) {
    query.action = action;
    EXPECT_TRUE(set.get()->allows(query)) << action;
  }
  query.action = 3;
  EXPECT_FALSE(set.get()->allows(query));
}

TEST(Permissions, HostileTopicsAreAnsweredAndNotFollowed) {
  const Client client = client_with("user ann\ntopic read a/+/#\ntopic read +/+/+/+/+/+\n");
  EXPECT_FALSE(client.receive(""));
  EXPECT_FALSE(client.subscribe(""));
  EXPECT_FALSE(client.receive(std::string(65'535, '/')));
  EXPECT_FALSE(client.receive(std::string(65'535, 'a')));
  EXPECT_TRUE(client.receive("a/" + std::string(65'533, '/')));
  EXPECT_FALSE(client.receive(std::string_view("a\0", 2)));
  EXPECT_FALSE(client.receive("\xff\xfe"));
}

TEST(Permissions, ManyThreadsMayAskAtOnceWhileReferencesComeAndGo) {
  const auto acl = std::make_shared<const Acl>(
      parse_acl_file(TextFile("/acl", "user ann\ntopic read a/#\ntopic deny a/x\npattern b/%u\n")));
  auto set = sdk::PermissionSetRef::adopt(new Permissions(acl, {"ann", "d1", nullptr}));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&wrong, mine = set] {
      for (int i = 0; i < 2'000; ++i) {
        const sdk::PermissionSetRef copy = mine;
        tenon_authz_query query{};
        query.struct_size = sizeof query;
        query.action = TENON_ACTION_RECEIVE;
        query.topic = sdk::abi("a/b");
        if (!copy.get()->allows(query)) ++wrong;
        query.topic = sdk::abi("a/x");
        if (copy.get()->allows(query)) ++wrong;
      }
    });
  set = {};
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tenon::auth_file
