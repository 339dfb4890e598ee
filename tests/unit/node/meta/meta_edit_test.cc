#include "node/meta/meta_edit.h"

#include <gtest/gtest.h>

#include "unit/node/meta_rig.h"

namespace tenon::node {
namespace {

using store::AnswerCode;

class MetaEditTest : public testing::Test, public MetaRig {
 protected:
  MetaEditTest() {
    watch_.follow({"a/", [this](const MetaWatch::Values& values) { values_ = values; }});
  }
  using Ended = std::vector<Result<std::uint64_t>>;

  void begin(const std::string& value, std::optional<std::uint64_t> expected = {}) {
    edit_meta(watch_, {"a/1", value, expected, "ann"}, [this](Result<std::uint64_t>&& version) {
      shown_at_end_ = values_;
      ended_.push_back(std::move(version));
    });
  }
  Result<std::uint64_t> outcome(const std::string& value, std::optional<std::uint64_t> expected = {}) {
    begin(value, expected);
    run();
    return ended_.back();
  }
  Errc refusal(const std::string& value, std::optional<std::uint64_t> expected = {}) {
    const auto ended = outcome(value, expected);
    return ended.ok() ? Errc::internal : ended.error().code;
  }

  MetaWatch::Values values_;
  MetaWatch::Values shown_at_end_;
  Ended ended_;
  MetaWatch watch_{meta_world()};
};

TEST_F(MetaEditTest, ItIsDoneWhenThoseWhoFollowHaveIt) {
  const auto version = outcome("x");
  ASSERT_TRUE(version.ok());
  ASSERT_TRUE(shown_at_end_.contains("a/1"));
  EXPECT_EQ(shown_at_end_["a/1"].version, *version);
  EXPECT_EQ(shown_at_end_["a/1"].who, "ann");
  EXPECT_EQ(*outcome(""), *version) << "of what was taken out";
  EXPECT_TRUE(shown_at_end_.empty());
}

TEST_F(MetaEditTest, AnotherVersionThanTheWantedOneChangesNothing) {
  const auto version = outcome("x", 0);
  ASSERT_TRUE(version.ok());
  EXPECT_EQ(refusal("y", 0), Errc::exists);
  EXPECT_EQ(refusal("y", *version + 1), Errc::exists);
  EXPECT_EQ(refusal("", *version + 1), Errc::exists);
  EXPECT_EQ(values_["a/1"].value, "x");
  EXPECT_TRUE(outcome("y", *version).ok());
  EXPECT_TRUE(outcome("", {}).ok());
  EXPECT_EQ(refusal(""), Errc::not_found);
}

TEST_F(MetaEditTest, OfTwoAtOnceOneIsMade) {
  begin("x");
  begin("y");
  run();
  ASSERT_EQ(ended_.size(), 2u);
  EXPECT_NE(ended_[0].ok(), ended_[1].ok());
}

TEST_F(MetaEditTest, OneThatIsAppliedTwiceIsDone) {
  applies_twice_ = true;
  EXPECT_TRUE(outcome("x").ok());
  EXPECT_TRUE(outcome("").ok());
}

TEST_F(MetaEditTest, WithoutAnAnswerItIsLate) {
  begin("x");
  run_tasks();
  fail_one(AnswerCode::timed_out);
  run();
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_EQ(ended_[0].error().code, Errc::timed_out);
}

}  // namespace
}  // namespace tenon::node
