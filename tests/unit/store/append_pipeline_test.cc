#include "store/replica/append_pipeline.h"

#include <gtest/gtest.h>

namespace tenon::store {
namespace {

using Verdict = AppendPipeline::Verdict;
constexpr kv::SourceId source{7};
constexpr kv::SourceId other{8};

ReplyTo to(std::uint64_t id) {
  return {NodeId{1}, id};
}

TEST(AppendPipeline, TheNextOfEachSenderIsTaken) {
  AppendPipeline pipeline;
  EXPECT_EQ(pipeline.look(source, 5, to(1)), Verdict::take);
  EXPECT_EQ(pipeline.look(source, 6, to(2)), Verdict::take);
  EXPECT_EQ(pipeline.look(source, 8, to(3)), Verdict::gap);
  EXPECT_EQ(pipeline.look(other, 8, to(4)), Verdict::take);
}

TEST(AppendPipeline, WhoAskedLastIsAnswered) {
  AppendPipeline pipeline;
  pipeline.look(source, 5, to(1));
  pipeline.look(source, 6, to(2));
  EXPECT_EQ(pipeline.look(source, 5, to(3)), Verdict::known);
  EXPECT_EQ(pipeline.look(source, 5, to(4)), Verdict::known);
  EXPECT_EQ(pipeline.leave(source, 5, to(1)).id, 4u);
  EXPECT_EQ(pipeline.leave(source, 6, to(2)).id, 2u);
  EXPECT_TRUE(pipeline.empty());
}

TEST(AppendPipeline, WhatHasLeftIsTakenAnew) {
  AppendPipeline pipeline;
  pipeline.look(source, 5, to(1));
  pipeline.look(source, 6, to(2));
  pipeline.leave(source, 5, to(1));
  EXPECT_EQ(pipeline.look(source, 5, to(3)), Verdict::take);
  EXPECT_EQ(pipeline.look(source, 6, to(4)), Verdict::known);
  pipeline.leave(source, 6, to(2));
  pipeline.leave(source, 5, to(3));
  EXPECT_TRUE(pipeline.empty());
  EXPECT_EQ(pipeline.look(source, 9, to(5)), Verdict::take);
}

}  // namespace
}  // namespace tenon::store
