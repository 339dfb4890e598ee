#include "node/operate/bans/ban_desk.h"

#include <gtest/gtest.h>
#include <tenon/draft/transport.h>

#include <algorithm>

#include "unit/host/fake_world.h"
#include "unit/node/meta_rig.h"
#include "unit/observe/memory_log_output.h"

namespace tenon::node {
namespace {

using admin::BanChange;
using admin::BanPage;
using admin::BanStatus;
using store::AnswerCode;

class BanDeskTest : public testing::Test, public MetaRig {
 protected:
  BanDesk::World world(MetaWatch& watch, const std::string& node) {
    return {watch,
            clock_,
            random_,
            log_,
            node,
            [this](std::shared_ptr<const broker::BanList> list) { obeyed_.push_back(std::move(list)); },
            [](BanDesk::Flapping then) {
              then({{"a2", "default", "f", "192.0.2.7", 5}}, {"a3"});
            }};
  }
  BanChange ban(const std::string& kind, const std::string& pattern) {
    BanChange change;
    change.name = {kind, pattern};
    change.reason = "noise";
    change.by = "owner";
    return change;
  }
  BanChange lift(const std::string& kind, const std::string& pattern) {
    BanChange change = ban(kind, pattern);
    change.removes = true;
    return change;
  }
  Result<BanStatus> outcome(BanDesk& desk, const BanChange& change) {
    std::optional<Result<BanStatus>> result;
    desk.change(change, [&](Result<BanStatus>&& made) { result = std::move(made); });
    run();
    return result.value_or(Error{Errc::internal, "no answer"});
  }
  Errc refusal(BanDesk& desk, const BanChange& change) {
    const auto result = outcome(desk, change);
    return result.ok() ? Errc::internal : result.error().code;
  }
  Result<BanPage> listed(BanDesk& desk, const std::string& cursor = {}, std::uint32_t limit = 100) {
    std::optional<Result<BanPage>> result;
    desk.list({cursor, limit}, [&](Result<BanPage>&& made) { result = std::move(made); });
    run();
    return *result;
  }
  bool obeys(std::string_view client_id) {
    return !obeyed_.empty() &&
           obeyed_.back()->find({client_id, "", TENON_PEER_UNIX, {}}, clock_.unix_ms()) != nullptr;
  }

  std::size_t kept() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        meta_.state.items, [](const auto& item) { return item.first.starts_with("bans/"); }));
  }

  host::test::CountingRandom random_;
  observe::LoggedLines logged_;
  observe::Log log_{clock_, std::make_unique<observe::MemoryLogOutput>(logged_), {}};
  std::vector<std::shared_ptr<const broker::BanList>> obeyed_;
  MetaWatch watch_{meta_world()};
  MetaWatch other_watch_{meta_world()};
  BanDesk desk_{world(watch_, "a1")};
  BanDesk other_{world(other_watch_, "a2")};
};

TEST_F(BanDeskTest, ABanIsObeyedWhenItsChangeIsAnswered) {
  const auto set = outcome(desk_, ban("client", "meter-*"));
  ASSERT_TRUE(set.ok()) << set.error().message;
  EXPECT_EQ(set->by, "owner at a1");
  EXPECT_EQ(set->reason, "noise");
  EXPECT_GT(set->version, 0u);
  EXPECT_EQ(set->until_ms, INT64_MAX);
  EXPECT_TRUE(obeys("meter-7"));
  EXPECT_FALSE(obeys("other"));
  ASSERT_TRUE(outcome(desk_, lift("client", "meter-*")).ok());
  EXPECT_FALSE(obeys("meter-7"));
}

TEST_F(BanDeskTest, OtherNodesObeyWhenTheirReplicaHasIt) {
  other_watch_.look(7);
  run();
  ASSERT_TRUE(outcome(desk_, ban("client", "c")).ok());
  obeyed_.clear();
  other_watch_.look(7);
  run();
  EXPECT_TRUE(obeyed_.empty()) << "nothing was applied since";
  other_watch_.look(8);
  run();
  EXPECT_TRUE(obeys("c"));
}

TEST_F(BanDeskTest, ANodeWithoutAReplicaLooksNowAndThen) {
  other_watch_.look({});
  run();
  ASSERT_TRUE(outcome(desk_, ban("client", "c")).ok());
  obeyed_.clear();
  for (std::uint32_t i = 0; i < MetaWatch::looks_between_reads; ++i) {
    EXPECT_FALSE(obeys("c"));
    other_watch_.look({});
    run();
  }
  EXPECT_TRUE(obeys("c"));
}

TEST_F(BanDeskTest, WhoStartsKnowsTheBansBeforeItLetsAnybodyIn) {
  ASSERT_TRUE(outcome(desk_, ban("client", "c")).ok());
  MetaWatch again_watch(meta_world());
  BanDesk again(world(again_watch, "a1"));
  bool is_known = false;
  again.when_known([&] { is_known = true; });
  EXPECT_FALSE(is_known);
  again_watch.look(1);
  run_tasks();
  fail_one(AnswerCode::timed_out);
  run_tasks();
  EXPECT_FALSE(is_known) << "a read that failed says nothing";
  again_watch.look(1);
  run();
  EXPECT_TRUE(is_known);
  EXPECT_TRUE(obeys("c"));
  again.when_known([&] { is_known = false; });
  EXPECT_FALSE(is_known) << "at once";
}

TEST_F(BanDeskTest, AChangeIsMadeToTheVersionThatItWantsOnly) {
  BanChange first = ban("client", "c");
  first.version = 0;
  const auto set = outcome(desk_, first);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(refusal(desk_, first), Errc::exists);
  BanChange second = ban("client", "c");
  second.version = set->version;
  second.duration_s = 60;
  const auto again = outcome(desk_, second);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->until_ms, clock_.unix_ms() + 60'000);
  BanChange last = lift("client", "c");
  last.version = set->version;
  EXPECT_EQ(refusal(desk_, last), Errc::exists);
  last.version = again->version;
  EXPECT_TRUE(outcome(desk_, last).ok());
  EXPECT_EQ(refusal(desk_, lift("client", "c")), Errc::not_found);
}

TEST_F(BanDeskTest, OfTwoChangesAtOnceOneIsMade) {
  ASSERT_TRUE(outcome(desk_, ban("client", "c")).ok());
  std::vector<bool> made;
  const auto note = [&](Result<BanStatus>&& result) { made.push_back(result.ok()); };
  desk_.change(ban("client", "c"), note);
  other_.change(ban("client", "c"), note);
  run();
  ASSERT_EQ(made.size(), 2u);
  EXPECT_NE(made[0], made[1]);
}

TEST_F(BanDeskTest, ABanIsOverWithItsTimeAndIsTakenOutLater) {
  BanChange brief = ban("client", "c");
  brief.duration_s = 60;
  ASSERT_TRUE(outcome(desk_, brief).ok());
  clock_.advance_s(60);
  EXPECT_FALSE(obeys("c"));
  EXPECT_TRUE(listed(desk_)->bans.empty());
  EXPECT_EQ(refusal(desk_, lift("client", "c")), Errc::not_found);
  EXPECT_EQ(kept(), 1u);
  watch_.look(50);
  run();
  desk_.tick();
  run();
  EXPECT_EQ(kept(), 1u) << "not yet: clocks differ";
  clock_.advance_s(61);
  desk_.tick();
  run();
  EXPECT_EQ(kept(), 0u);
  BanChange anew = ban("client", "c");
  anew.version = 0;
  EXPECT_TRUE(outcome(desk_, anew).ok());
}

TEST_F(BanDeskTest, BansAreListedPageByPageWithFlappingClientsOnTheFirst) {
  for (const char* client : {"a", "b", "c"}) ASSERT_TRUE(outcome(desk_, ban("client", client)).ok());
  ASSERT_TRUE(outcome(desk_, ban("address", "10.1.2.3/8")).ok());
  const auto first = listed(desk_, {}, 3);
  ASSERT_EQ(first->bans.size(), 3u);
  EXPECT_EQ(first->bans[0].name.pattern, "10.0.0.0/8");
  ASSERT_EQ(first->flapping.size(), 1u);
  EXPECT_EQ(first->missing_nodes, std::vector<std::string>{"a3"});
  ASSERT_TRUE(first->cursor);
  const auto rest = listed(desk_, *first->cursor, 3);
  ASSERT_EQ(rest->bans.size(), 1u);
  EXPECT_EQ(rest->bans[0].name.pattern, "c");
  EXPECT_TRUE(rest->flapping.empty());
  EXPECT_FALSE(rest->cursor);
}

TEST_F(BanDeskTest, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(refusal(desk_, ban("node", "x")), Errc::invalid);
  EXPECT_EQ(refusal(desk_, ban("client", "*")), Errc::invalid);
  EXPECT_EQ(refusal(desk_, ban("address", "0.0.0.0/0")), Errc::invalid);
  EXPECT_TRUE(asked_.empty());
  desk_.change(ban("client", "c"), [](Result<BanStatus>&& result) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Errc::timed_out);
  });
  run_tasks();
  fail_one(AnswerCode::timed_out);
  run();
}

TEST_F(BanDeskTest, WhatANewerNodeHasPutKeepsOutWithoutEnd) {
  const service::meta::ValueRecord record{3, 1000, "owner at a9", R"({"until_ms":"soon","hours":"9-17"})"};
  const auto read = read_ban("bans/client/c", record);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ban.until_ms, INT64_MAX);
  EXPECT_FALSE(read_ban("bans/node/c", record));
  EXPECT_FALSE(read_ban("balance/rules/x", record));
}

}  // namespace
}  // namespace tenon::node
