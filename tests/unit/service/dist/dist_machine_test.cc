#include "service/dist/dist_machine.h"

#include <map>
#include <set>
#include <tuple>

#include "hex.h"
#include "machine_fixture.h"
#include "service/dist/dist_key.h"
#include "support/sim_random.h"

namespace tenon::service::dist {
namespace {

// The routes that a sink was told.
class SeenRoutes final : public RouteSink {
 public:
  using Name = std::tuple<std::string, std::string, std::string, std::uint64_t>;
  void put(const Route& route) override {
    routes.insert_or_assign(name(route), route.options);
    in_doubt.erase(name(route));
  }
  void remove(const Route& route) override { EXPECT_EQ(routes.erase(name(route)), 1u); }
  void load_begins(const IsOf& is_of) override {
    in_doubt.clear();
    for (const auto& [name, route] : routes)
      if (is_of(std::get<0>(name), std::get<1>(name))) in_doubt.insert(name);
  }
  void load_ends(bool is_whole) override {
    if (is_whole)
      for (const Name& name : in_doubt) routes.erase(name);
    in_doubt.clear();
  }

  std::map<Name, routing::SubscriptionOptions> routes;
  std::set<Name> in_doubt;

 private:
  static Name name(const Route& route) {
    return {std::string(route.tenant), std::string(route.filter), std::string(route.client_id), route.number};
  }
};

constexpr StoredOptions options{{9, mqtt::QoS::at_least_once, true, false}};

class DistRoutes : public MachineFixture<Op, Question> {
 protected:
  std::uint32_t add(std::string_view filter, std::string_view client, std::uint64_t number) {
    return apply(machine, Add{"", filter, client, number, options}).existed;
  }
  std::uint32_t remove(std::string_view client, std::uint64_t number, std::vector<std::string_view> filters) {
    return apply(machine, Remove{"", client, number, std::move(filters)}).existed;
  }
  std::uint32_t add_at(std::uint64_t epoch, std::string_view filter, std::uint32_t subscription_id = 0) {
    return apply(machine, AddAt{{"", filter, "c", 7, {{subscription_id, {}, false, false}}}, epoch}).existed;
  }
  std::uint32_t remove_at(std::uint64_t epoch, std::string_view filter) {
    return apply(machine, RemoveAt{{"", "c", 7, {filter}}, epoch}).existed;
  }
  SeenRoutes seen;
  DistMachine machine{seen};
};

TEST_F(DistRoutes, GoToTheSinkAndAgainAfterALoad) {
  EXPECT_EQ(add("a/+", "c", 7), 0u);
  EXPECT_EQ(add("a/+", "c", 7), 1u);
  EXPECT_EQ(add("$share/g/b", "c", 7), 0u);
  EXPECT_EQ(seen.routes.size(), 2u);
  EXPECT_EQ(machine.route_count(), 2u);
  const auto before = seen.routes;
  ASSERT_TRUE(machine.load(state).ok());
  EXPECT_EQ(seen.routes, before);
  EXPECT_EQ(machine.route_count(), 2u);
  EXPECT_EQ((seen.routes.at({"", "a/+", "c", 7})), options.options);
}

TEST_F(DistRoutes, NewOptionsReplaceTheOlder) {
  add("a", "c", 7);
  apply(machine, Add{"", "a", "c", 7, {{1, mqtt::QoS::exactly_once, false, false}}});
  EXPECT_EQ(seen.routes.at({"", "a", "c", 7}).subscription_id, 1u);
  EXPECT_EQ(machine.route_count(), 1u);
}

TEST_F(DistRoutes, LateRemovalForAnOlderInboxLeavesTheNewerOne) {
  add("a", "c", 7);
  add("a", "c", 8);
  EXPECT_EQ(remove("c", 7, {"a", "b"}), 1u);
  EXPECT_EQ(remove("c", 7, {"a"}), 0u);
  EXPECT_EQ(seen.routes.size(), 1u);
  EXPECT_EQ(remove("c", 8, {"a"}), 1u);
  EXPECT_TRUE(state.items.empty());
}

TEST_F(DistRoutes, ALateRemovalByAnOlderConnectionLeavesWhatANewerOneHasSubscribed_INV_D1) {
  add_at(5, "a");
  EXPECT_EQ(add_at(6, "a"), 1u);
  EXPECT_EQ(remove_at(5, "a"), 1u);
  EXPECT_EQ(seen.routes.size(), 1u);
  EXPECT_EQ(machine.route_count(), 1u);
  EXPECT_EQ(remove_at(6, "a"), 1u);
  EXPECT_TRUE(seen.routes.empty());
  EXPECT_EQ(machine.route_count(), 0u);
}

TEST_F(DistRoutes, ALateSubscribeByAnOlderConnectionLeavesTheOptionsOfANewerOne) {
  add_at(6, "a", 60);
  EXPECT_EQ(add_at(5, "a", 50), 1u);
  EXPECT_EQ(seen.routes.at({"", "a", "c", 7}).subscription_id, 60u);
  EXPECT_EQ(add_at(6, "a", 61), 1u);
  EXPECT_EQ(seen.routes.at({"", "a", "c", 7}).subscription_id, 61u);
}

TEST_F(DistRoutes, WhoIsNoConnectionIsNeverLateAndLeavesWhatVersionsWriteThatKnowNoEpochs) {
  add("a", "c", 7);
  const auto plain = state.items;
  remove_at(1, "a");
  EXPECT_TRUE(seen.routes.empty());
  add_at(6, "a");
  EXPECT_NE(state.items, plain);
  add("a", "c", 7);
  EXPECT_EQ(seen.routes.at({"", "a", "c", 7}), options.options);
  EXPECT_EQ(state.items, plain) << "replicas of two versions differ";
  add_at(6, "a");
  EXPECT_EQ(remove("c", 7, {"a"}), 1u);
  EXPECT_TRUE(seen.routes.empty());
}

TEST_F(DistRoutes, OnesWithAnEpochAreLoadedListedAndReadByVersionsThatKnowOfNone) {
  add_at(300, "a", 9);
  const auto before = seen.routes;
  ASSERT_TRUE(machine.load(state).ok());
  EXPECT_EQ(seen.routes, before);
  EXPECT_EQ(ask(machine, ListRoutes{{}, 10}).routes.at(0).options.options.subscription_id, 9u);
  EXPECT_EQ(read_record<StoredOptions>(state.items.begin()->second)->options.subscription_id, 9u);
  EXPECT_EQ(machine.version_of(command_of<Op>(AddAt{{"", "a", "c", 7, options}, 1})), 4);
  EXPECT_EQ(machine.version_of(command_of<Op>(RemoveAt{{"", "c", 7, {"a"}}, 1})), 5);
}

TEST_F(DistRoutes, AllOfAnInboxGoInPieces) {
  for (const char* filter : {"a", "b", "c", "d", "e"}) add(filter, "x", 7);
  add("a", "x", 8);
  add("a", "y", 7);
  std::string cursor;
  std::uint32_t removed = 0;
  do {
    const auto reply = apply(machine, RemoveAll{"", "x", 7, cursor, 3});
    removed += reply.existed;
    cursor = reply.cursor;
  } while (!cursor.empty());
  EXPECT_EQ(removed, 5u);
  EXPECT_EQ(seen.routes.size(), 2u);
  EXPECT_EQ(state.items.size(), 2u);
}

TEST_F(DistRoutes, ListGoesOnAtItsCursor) {
  for (const char* filter : {"a", "b", "c", "d", "e"}) add(filter, "x", 7);
  std::string filters, cursor;
  do {
    const auto page = ask(machine, ListRoutes{cursor, 2});
    for (const auto& route : page.routes) filters += route.filter;
    cursor = page.cursor;
  } while (!cursor.empty());
  EXPECT_EQ(filters, "abcde");
  EXPECT_EQ(ask(machine, CountRoutes{}).routes, 5u);
}

TEST_F(DistRoutes, SinkFollowsTheStateInRandomWork_INV_C1) {
  test::SimRandom random(3);
  for (int step = 0; step < 3000; ++step) {
    const std::string client(1, static_cast<char>('a' + random.below(3)));
    const std::string filter(1 + random.below(3), '+');
    const std::uint64_t number = 1 + random.below(2);
    const std::uint64_t epoch = 1 + random.below(4);
    if (random.percent(30))
      add(filter, client, number);
    else if (random.percent(50))
      apply(machine, AddAt{{"", filter, client, number, options}, epoch});
    else if (random.percent(50))
      remove(client, number, {filter, "x"});
    else
      apply(machine, RemoveAt{{"", client, number, {filter, "x"}}, epoch});
    ASSERT_EQ(state.items.size(), seen.routes.size());
    ASSERT_EQ(machine.route_count(), seen.routes.size());
    if (step % 100 != 0) continue;
    const auto before = seen.routes;
    ASSERT_TRUE(machine.load(state).ok());
    ASSERT_EQ(seen.routes, before);
  }
}

TEST_F(DistRoutes, AreSplitBetweenFiltersOnly) {
  const std::string key = key_of({"t", "a", "c", 258, {}});
  const std::string filter = filter_prefix("t", "a");
  for (std::size_t cut = 0; cut <= key.size(); ++cut)
    EXPECT_EQ(machine.may_split_at(key.substr(0, cut)), cut == filter.size()) << cut;
  EXPECT_EQ(filter_prefix_size(key), filter.size());
}

TEST_F(DistRoutes, BytesStayAsTheyAre) {
  EXPECT_EQ(to_hex(command_of<Op>(Add{"tn", "a/#", "cl", 300, options})),
            "0101011002746e03612f2302636cac0201010009");
  EXPECT_EQ(to_hex(command_of<Op>(Remove{"tn", "cl", 300, {"a"}})), "0101020b02746e02636cac02010161");
  EXPECT_EQ(to_hex(command_of<Op>(RemoveAll{"tn", "cl", 300, "k", 9})), "0101030b02746e02636cac02016b09");
  EXPECT_EQ(to_hex(command_of<Op>(AddAt{{"tn", "a/#", "cl", 300, options}, 5})),
            "0101041102746e03612f2302636cac020101000905");
  EXPECT_EQ(to_hex(command_of<Op>(RemoveAt{{"tn", "cl", 300, {"a"}}, 5})),
            "0101050c02746e02636cac0201016105");
  EXPECT_EQ(to_hex(key_of({"t", "a", "c", 258, {}})),
            "740001"
            "610001"
            "630001"
            "0000000000000102");
}

TEST_F(DistRoutes, DamagedCommandsAreRefusedWhole) {
  add("a", "c", 7);
  BatchBuilder<Op> builder;
  builder.add(Add{"tn", "a/#", "cl", 300, options});
  builder.add(Remove{"", "c", 7, {"a"}});
  builder.add(AddAt{{"tn", "a/#", "cl", 300, options}, 5});
  builder.add(RemoveAt{{"", "c", 7, {"a"}}, 5});
  expect_refused_when_damaged(machine, builder.take());
}

TEST_F(DistRoutes, CorruptOnesAreReportedByLoad) {
  add("a", "c", 7);
  state.items.begin()->second.pop_back();
  EXPECT_EQ(machine.load(state).error().code, Errc::corrupt);
  state.items = {{"no key", "x"}};
  EXPECT_EQ(machine.load(state).error().code, Errc::corrupt);
}

TEST(DistKey, TheFiltersPartOfAKeyIsTheSameForAllOfItsRoutes) {
  Route route;
  route.tenant = std::string_view("a\0b", 3);
  route.filter = "t/#";
  route.client_id = "one";
  route.number = 7;
  const std::string key = key_of(route);
  EXPECT_EQ(key.substr(0, filter_prefix_size(key)), filter_prefix(route.tenant, route.filter));
  EXPECT_EQ(filter_prefix_size("no key"), 0u);
}

}  // namespace
}  // namespace tenon::service::dist
