#include "runtime/loop_recorder.h"

#include <gtest/gtest.h>

namespace tenon::runtime {
namespace {

TEST(LoopRecorder, TurnsFallIntoBucketsByTheirLength) {
  LoopRecorder recorder;
  recorder.note_turn(1);
  recorder.note_turn(1024);
  recorder.note_turn(1025);
  recorder.note_turn(INT64_MAX);
  const LoopStats stats = recorder.read();
  EXPECT_EQ(LoopStats::bucket_bound_ns(0), 1024);
  EXPECT_EQ(stats.turn_count[0], 2u);
  EXPECT_EQ(stats.turn_count[1], 1u);
  EXPECT_EQ(stats.turn_count[LoopStats::bucket_count - 1], 1u);
  EXPECT_EQ(stats.turn_ns_max, INT64_MAX);
}

}  // namespace
}  // namespace tenon::runtime
