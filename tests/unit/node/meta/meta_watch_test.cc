#include "node/meta/meta_watch.h"

#include <gtest/gtest.h>

#include "unit/node/meta_rig.h"

namespace tenon::node {
namespace {

namespace meta = service::meta;
using store::Request;

class MetaWatchTest : public testing::Test, public MetaRig {
 protected:
  void put(const std::string& path, const std::string& value) {
    meta::CommandBuilder command;
    command.add(meta::Put{path, value, {}, "ann"});
    change(command.take());
  }
  void erase(const std::string& path) {
    meta::CommandBuilder command;
    command.add(meta::Erase{path, {}, "ann"});
    change(command.take());
  }
  void change(std::string&& text) {
    Request request;
    request.kind = Request::Kind::command;
    request.text = std::move(text);
    meta_.answer(request);
  }
  MetaWatch::Follower follower(const std::string& prefix) {
    return {prefix,
            [this, prefix](const MetaWatch::Values& values) {
              std::string text;
              for (const auto& [path, value] : values) text += path + "=" + value.value + " ";
              taken_.emplace_back(prefix, text);
            },
            [this](std::uint64_t, const meta::AuditRecord& record) { noted_.emplace_back(record.path); },
            [this](std::uint64_t number) { read_number_ = number; }};
  }
  void look(std::optional<std::uint64_t> applied) {
    watch_.look(applied);
    run();
  }

  using Taken = std::pair<std::string, std::string>;
  std::vector<Taken> taken_;
  std::vector<std::string> noted_;
  std::uint64_t read_number_ = 0;
  MetaWatch watch_{meta_world()};
};

TEST_F(MetaWatchTest, EachFollowerGetsItsOwnPathsByOneRead) {
  put("a/1", "x");
  put("b/1", "y");
  put("c/1", "z");
  watch_.follow(follower("a/"));
  watch_.follow(follower("b/"));
  watch_.begin();
  run_tasks();
  EXPECT_EQ(asked_.size(), 1u);
  run();
  EXPECT_EQ(taken_, (std::vector<Taken>{{"a/", "a/1=x "}, {"b/", "b/1=y "}}));
  EXPECT_EQ(noted_, (std::vector<std::string>{"a/1", "b/1"}));
  EXPECT_TRUE(watch_.is_known());
}

TEST_F(MetaWatchTest, OnlyThoseWhosePathsHaveChangedAreTold) {
  watch_.follow(follower("a/"));
  watch_.follow(follower("b/"));
  look(1);
  ASSERT_EQ(taken_.size(), 2u) << "that there is nothing is told, too";
  taken_.clear();
  put("b/1", "y");
  look(2);
  EXPECT_EQ(taken_, (std::vector<Taken>{{"b/", "b/1=y "}}));
  put("b/1", "y");
  look(3);
  ASSERT_EQ(taken_.size(), 2u) << "the same text, put anew, is another version";
  erase("b/1");
  look(4);
  EXPECT_EQ(taken_.back(), (Taken{"b/", ""}));
  look(5);
  EXPECT_EQ(taken_.size(), 3u);
  EXPECT_EQ(noted_, (std::vector<std::string>{"b/1", "b/1", "b/1"})) << "each change once";
}

TEST_F(MetaWatchTest, MoreThanAPageIsReadToItsEnd) {
  for (int i = 0; i < 2500; ++i) put("a/" + std::to_string(10'000 + i), "x");
  put("b/1", "y");
  std::size_t count = 0;
  watch_.follow({"a/", [&](const MetaWatch::Values& values) { count = values.size(); }});
  watch_.follow(follower("b/"));
  look(1);
  EXPECT_EQ(count, 2500u);
  EXPECT_EQ(taken_, (std::vector<Taken>{{"b/", "b/1=y "}}));
  EXPECT_EQ(noted_.size(), 1u);
}

TEST_F(MetaWatchTest, WhoeverWaitsHearsOfAReadThatWasBegunBehindHim) {
  watch_.follow(follower("a/"));
  look(1);
  watch_.look(2);
  run_tasks();
  ASSERT_EQ(asked_.size(), 1u) << "a read is under way";
  bool has_heard = false;
  watch_.when_read([&] { has_heard = true; });
  const std::uint64_t number = watch_.want();
  put("a/1", "x");
  answer_one();
  run_tasks();
  EXPECT_FALSE(has_heard);
  EXPECT_LT(read_number_, number);
  run();
  EXPECT_TRUE(has_heard);
  EXPECT_GE(read_number_, number);
}

TEST_F(MetaWatchTest, AReadThatFailsInItsMiddleShowsNothingAndIsDoneAgain) {
  for (int i = 0; i < 1500; ++i) put("a/" + std::to_string(10'000 + i), "x");
  std::vector<std::size_t> counts;
  watch_.follow({"a/", [&](const MetaWatch::Values& values) { counts.push_back(values.size()); }});
  watch_.look(1);
  run_tasks();
  answer_one();
  run_tasks();
  fail_one();
  run_tasks();
  EXPECT_TRUE(counts.empty());
  EXPECT_FALSE(watch_.is_known());
  EXPECT_TRUE(asked_.empty()) << "nobody waits";
  look(1);
  EXPECT_EQ(counts, std::vector<std::size_t>{1500});
}

TEST_F(MetaWatchTest, WhoeverWaitsForALaterReadThanTheOneThatFailsGetsIt) {
  watch_.follow(follower("a/"));
  watch_.look(1);
  run_tasks();
  std::size_t taken_when_heard = 99;
  put("a/1", "x");
  watch_.when_read([&] { taken_when_heard = taken_.size(); });
  fail_one();
  run_tasks();
  EXPECT_EQ(taken_when_heard, 99u);
  run();
  EXPECT_EQ(taken_, (std::vector<Taken>{{"a/", "a/1=x "}}));
  EXPECT_EQ(taken_when_heard, 1u) << "what he has changed was there";
}

TEST_F(MetaWatchTest, NobodyWaitsForEver) {
  watch_.follow(follower("a/"));
  watch_.look(1);
  run_tasks();
  int heard = 0;
  watch_.when_read([&] { ++heard; });
  fail_one();
  run_tasks();
  ASSERT_EQ(asked_.size(), 1u) << "he gets a read of his own";
  watch_.when_read([&] { ++heard; });
  fail_one();
  run_tasks();
  EXPECT_EQ(heard, 1) << "his own read has failed";
  ASSERT_EQ(asked_.size(), 1u) << "the second one gets his";
  fail_one();
  run_tasks();
  EXPECT_EQ(heard, 2);
  EXPECT_TRUE(asked_.empty());
  EXPECT_TRUE(taken_.empty());
}

TEST_F(MetaWatchTest, AFollowerThatWaitsForTheNextReadTakesNothingFromTheOthers) {
  put("a/1", "x");
  put("b/1", "y");
  bool has_heard = false;
  MetaWatch::Follower eager = follower("a/");
  eager.take = [this, &has_heard, take = eager.take](const MetaWatch::Values& values) {
    take(values);
    watch_.when_read([&has_heard] { has_heard = true; });
  };
  watch_.follow(std::move(eager));
  watch_.follow(follower("b/"));
  watch_.begin();
  run_tasks();
  answer_one();
  run_tasks();
  EXPECT_EQ(taken_, (std::vector<Taken>{{"a/", "a/1=x "}, {"b/", "b/1=y "}}));
  run();
  EXPECT_TRUE(has_heard);
  EXPECT_EQ(taken_.size(), 2u) << "nothing has changed since";
}

TEST_F(MetaWatchTest, WithoutAReplicaItLooksNowAndThen) {
  watch_.follow(follower("a/"));
  look({});
  EXPECT_FALSE(watch_.has_replica());
  put("a/1", "x");
  for (std::uint32_t i = 1; i < MetaWatch::looks_between_reads; ++i) look({});
  EXPECT_EQ(taken_.size(), 1u);
  look({});
  EXPECT_EQ(taken_.size(), 2u);
}

}  // namespace
}  // namespace tenon::node
