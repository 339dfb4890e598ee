#include "kv/reshape/recovery.h"

#include <gtest/gtest.h>

#include "fake_engine.h"
#include "kv/range.h"
#include "kv/range_table.h"
#include "text_machine.h"

namespace tenon::kv {
namespace {

constexpr UnixMs start_ms = 1'700'000'000'000;
constexpr NodeId survivor{3};

TEST(Recovery, TheLaterOfTwoHasTheHigherIncarnation) {
  const std::uint64_t first = next_incarnation(1, start_ms, 0xffffffff);
  EXPECT_GT(first, 1u);
  EXPECT_GT(next_incarnation(1, start_ms + 1, 0), first);
  EXPECT_NE(next_incarnation(1, start_ms, 5), next_incarnation(1, start_ms, 6));
  // Clocks may go back.
  EXPECT_EQ(next_incarnation(first, start_ms - 1000, 9), first + 1);
  EXPECT_EQ(next_incarnation(7, -5, 0), 8u);
}

TEST(Recovery, EachOneBeginsAnEraWhateverTheEpochWas) {
  EXPECT_EQ(recovered_boundary(0), 1u << 16);
  EXPECT_EQ(recovered_boundary(4711), 1u << 16);
  EXPECT_EQ(recovered_boundary((1u << 16) + 3), 2u << 16);
  EXPECT_EQ(era_of({(2u << 16) + 7, 1}), 2u);
}

class RecoveredRange : public testing::Test {
 protected:
  Outcome append(Range& range, std::uint64_t sequence, const std::string& text, const std::string& key) {
    EntryBuilder builder;
    builder.add({Command::Kind::service, SourceId{5}, sequence, text, key});
    return range.apply({range.applied().index + 1, 2}, builder.take(start_ms))->results[0].outcome;
  }
  void flush(Range& range) {
    engine_.write(range.begin_flush());
    range.end_flush();
  }

  FakeEngine engine_;
};

TEST_F(RecoveredRange, GoesOnWithItsStateItsTimeAndItsSenders) {
  Range former(RangeRecord{{7, 1}, whole_store(), {}, 0}, engine_.state, engine_.sources,
               std::make_unique<TextMachine>());
  ASSERT_TRUE(former.load());
  EXPECT_EQ(append(former, 1, "put a 1", "a"), Outcome::done);
  flush(former);
  EXPECT_EQ(append(former, 2, "put b 2", "b"), Outcome::done);
  const auto next = former.go_on_as({500, 9, 4, {}}, survivor);
  ASSERT_TRUE(next);
  flush(former);
  EXPECT_EQ(next->id, (RangeId{7, 500}));
  EXPECT_EQ(next->applied, (LogPoint{2, 9}));
  EXPECT_EQ(next->last_stamp_ms, start_ms);
  EXPECT_EQ(next->descriptor.members, (Members{{survivor}, {}, {}}));
  EXPECT_EQ(next->descriptor.epoch.boundary, 1u << 16);
  EXPECT_GT(next->descriptor.epoch.members, former.descriptor().epoch.members);

  const auto read = decode_range_record(encode(*next));
  ASSERT_TRUE(read);
  Range range(*read, engine_.state, engine_.sources, std::make_unique<TextMachine>());
  ASSERT_TRUE(range.load());
  EXPECT_EQ(content_of(range.state()), (Items{{"a", "1"}, {"b", "2"}}));
  // Its own numbers go on, and what is under way can be compared with those of before.
  EXPECT_EQ(append(range, 3, "put c 3", "c"), Outcome::done);
  EXPECT_EQ(append(range, 3, "put c 4", "c"), Outcome::duplicate);
  EXPECT_EQ(range.source(SourceId{5})->last, 3u);
  EXPECT_EQ(range.former_source(SourceId{5}, {7, 1})->last, 2u);
}

TEST_F(RecoveredRange, EndsBeforeWhatIsAnotherRangesByNow) {
  Range former(RangeRecord{{7, 1}, whole_store(), {}, 0}, engine_.state, engine_.sources,
               std::make_unique<TextMachine>());
  ASSERT_TRUE(former.load());
  EXPECT_EQ(former.go_on_as({500, 9, 4, "m"}, survivor)->descriptor.end, "m");
}

TEST_F(RecoveredRange, AnEngineThatCanNotBeReadChangesNothing) {
  Range former(RangeRecord{{7, 1}, whole_store(), {}, 0}, engine_.state, engine_.sources,
               std::make_unique<TextMachine>());
  ASSERT_TRUE(former.load());
  engine_.sources.fails = true;
  EXPECT_FALSE(former.go_on_as({500, 9, 4, {}}, survivor));
  EXPECT_EQ(former.id(), (RangeId{7, 1}));
}

TEST(RecoveredRanges, TakeThePlaceOfWhatTheyWere) {
  RangeTable table(StoreId::inbox);
  Descriptor descriptor = whole_store();
  descriptor.store = StoreId::inbox;
  table.update({7, 1}, descriptor);
  EXPECT_FALSE(table.is_superseded({7, 1}));
  Descriptor recovered = descriptor;
  recovered.epoch.boundary = recovered_boundary(descriptor.epoch.boundary);
  EXPECT_EQ(table.update({7, 500}, recovered), RangeTable::Update::taken);
  EXPECT_TRUE(table.is_superseded({7, 1}));
  EXPECT_FALSE(table.is_superseded({7, 500}));
  EXPECT_EQ(table.find("a")->id, (RangeId{7, 500}));
  // What comes late of the former one, with whatever epoch.
  descriptor.epoch.boundary = recovered.epoch.boundary + 5;
  EXPECT_EQ(table.update({7, 1}, descriptor), RangeTable::Update::older);
}

}  // namespace
}  // namespace tenon::kv
