#include <gtest/gtest.h>

#include <random>

#include "base/digest/crc32c.h"
#include "base/wire.h"
#include "fake_engine.h"
#include "kv/snapshot/receiver.h"
#include "kv/snapshot/writer.h"
#include "text_machine.h"

namespace tenon::kv {
namespace {

class FakeStaging final : public SnapshotStaging {
 public:
  Status begin(const RangeRecord& record) override {
    if (fails) return Error{Errc::no_space, "the disk is full"};
    content = FakeEngine();
    content.records.items[range_key(record.id)] = encode(record);
    return {};
  }
  Status stage(SnapshotSpace space, std::span<const SnapshotRow> rows) override {
    if (fails) return Error{Errc::no_space, "the disk is full"};
    for (const SnapshotRow& row : rows)
      (space == SnapshotSpace::state ? content.state : content.sources)
          .items.emplace(std::string(row.key), std::string(row.value));
    return {};
  }

  FakeEngine content;
  bool fails = false;
};

constexpr RangeId range_id{7, 1};

RangeRecord some_record() {
  RangeRecord record = new_record();
  record.descriptor.begin = "b";
  record.descriptor.end = "y";
  record.applied = {1000, 5};
  record.last_stamp_ms = 1'700'000'000'000;
  return record;
}

class SnapshotTest : public testing::Test {
 protected:
  SnapshotTest() {
    for (int i = 0; i < 40; ++i)
      engine_.state.items["k" + std::to_string(100 + i)] = std::string(static_cast<std::size_t>(i), 'v');
    engine_.state.items["b"] = "the first";
    engine_.state.items["xz"] = "the last";
    engine_.state.items["a"] = engine_.state.items["y"] = "of other ranges";
    for (std::uint64_t source : {1u, 2u, 300u})
      engine_.sources.items[source_key(range_id, SourceId{source})] = "\x05";
    engine_.sources.items[source_key({7, 0}, SourceId{1})] = "of another range";
    engine_.sources.items[source_key({7, 2}, SourceId{1})] = "of another range";
  }

  // What a snapshot must hold of it.
  FakeEngine own_content() const {
    FakeEngine content = engine_;
    content.state.items.erase("a");
    content.state.items.erase("y");
    content.sources.items.erase(source_key({7, 0}, SourceId{1}));
    content.sources.items.erase(source_key({7, 2}, SourceId{1}));
    content.records.items[range_key(range_id)] = encode(some_record());
    return content;
  }
  SnapshotWriter writer(std::size_t chunk_bytes = 100) const {
    return {some_record(), engine_.state, engine_.sources, chunk_bytes};
  }
  std::vector<std::string> all_chunks(std::size_t chunk_bytes = 100) const {
    SnapshotWriter source = writer(chunk_bytes);
    std::vector<std::string> chunks;
    while (!source.is_complete()) chunks.push_back(source.chunk(chunks.size()).value());
    return chunks;
  }
  void expect_own_content() const {
    EXPECT_EQ(staging_.content.state.items, own_content().state.items);
    EXPECT_EQ(staging_.content.sources.items, own_content().sources.items);
    EXPECT_EQ(staging_.content.records.items, own_content().records.items);
  }
  // Chunk `number` of the snapshot, changed and with its sum made right again.
  template <class Change>
  std::string changed(std::size_t number, Change&& change) const {
    const std::string original = all_chunks()[number];
    SnapshotChunk chunk = decode_snapshot_chunk(original).value();
    change(chunk);
    return encode(chunk);
  }
  void take_first(std::size_t count) {
    const std::vector<std::string> chunks = all_chunks();
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(receiver_.take(chunks[i]));
  }
  // Refused with this error, and no harm done: the right chunks still complete the snapshot.
  void expect_refused(const std::string& bytes, Errc code, std::string_view word) {
    const std::uint64_t next = receiver_.next();
    const Status status = receiver_.take(bytes);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, code);
    EXPECT_NE(status.error().message.find(word), std::string::npos) << status.error().message;
    EXPECT_EQ(receiver_.next(), next);
    const std::vector<std::string> chunks = all_chunks();
    while (!receiver_.is_complete()) ASSERT_TRUE(receiver_.take(chunks[receiver_.next()]));
    expect_own_content();
  }

  FakeEngine engine_;
  FakeStaging staging_;
  SnapshotReceiver receiver_{range_id, staging_};
};

TEST_F(SnapshotTest, BringsTheContentOfTheRangeAndNothingElse) {
  for (const std::size_t chunk_bytes : {1u, 10u, 100u, 1000u, 100000u}) {
    SnapshotReceiver receiver(range_id, staging_);
    for (const std::string& chunk : all_chunks(chunk_bytes)) ASSERT_TRUE(receiver.take(chunk));
    EXPECT_TRUE(receiver.is_complete());
    EXPECT_EQ(encode(*receiver.record()), encode(some_record()));
    expect_own_content();
  }
}

TEST_F(SnapshotTest, ChunksAreAsLargeAsWasAskedFor) {
  const std::vector<std::string> chunks = all_chunks(200);
  EXPECT_GT(chunks.size(), 5u);
  for (const std::string& chunk : chunks) EXPECT_LT(chunk.size(), 400u);
}

TEST_F(SnapshotTest, AnEmptyRangeIsAHeaderAndAnEnd) {
  engine_ = FakeEngine();
  const std::vector<std::string> chunks = all_chunks();
  ASSERT_EQ(chunks.size(), 2u);
  for (const std::string& chunk : chunks) EXPECT_TRUE(receiver_.take(chunk));
  EXPECT_TRUE(receiver_.is_complete());
}

TEST_F(SnapshotTest, StandsInTheseBytes) {
  engine_.state.items = {{"k", "v"}};
  engine_.sources.items.clear();
  const std::vector<std::string> chunks = all_chunks();
  ASSERT_EQ(chunks.size(), 3u);
  const auto with_sum = [](const std::string& body) {
    std::string bytes;
    WireWriter(bytes).u32(crc32c(body));
    return bytes + body;
  };
  const std::string record = encode(some_record());
  // version, kind, range 7 incarnation 1, index 1000, term 5, number
  EXPECT_EQ(chunks[0], with_sum(std::string("\x01\x01\x07\x01\xe8\x07\x05\x00", 8) +
                                static_cast<char>(record.size()) + record));
  EXPECT_EQ(chunks[1], with_sum("\x01\x02\x07\x01\xe8\x07\x05\x01\x01\x01\x01k\x01v"));
  EXPECT_EQ(chunks[2], with_sum(std::string("\x01\x03\x07\x01\xe8\x07\x05\x02\x01\x00", 10)));
}

TEST_F(SnapshotTest, TheWriterGivesAChunkAgain) {
  SnapshotWriter source = writer();
  const std::vector<std::string> chunks = all_chunks();
  for (std::size_t number = 0; number < chunks.size(); ++number) {
    EXPECT_EQ(source.chunk(number).value(), chunks[number]);
    EXPECT_EQ(source.chunk(number / 2).value(), chunks[number / 2]);
  }
  EXPECT_TRUE(source.is_complete());
  EXPECT_EQ(source.chunk(chunks.size()).error().code, Errc::invalid);
}

TEST_F(SnapshotTest, TheWriterLeavesNoChunkOut) {
  SnapshotWriter source = writer();
  EXPECT_EQ(source.chunk(1).error().code, Errc::invalid);
  EXPECT_TRUE(source.chunk(0));
  EXPECT_EQ(source.chunk(2).error().code, Errc::invalid);
}

TEST_F(SnapshotTest, AnErrorOfReadingIsPassedOnAndMayPass) {
  SnapshotWriter source = writer();
  EXPECT_TRUE(source.chunk(0));
  engine_.state.fails = true;
  EXPECT_EQ(source.chunk(1).error().code, Errc::io);
  engine_.state.fails = false;
  EXPECT_EQ(source.chunk(1).value(), all_chunks()[1]);
}

TEST_F(SnapshotTest, GoesOnWhereItWasBrokenOff) {
  std::mt19937 random(1);
  SnapshotWriter source = writer();
  while (!receiver_.is_complete()) {
    const std::string chunk = source.chunk(receiver_.next()).value();
    switch (random() % 3) {
      case 0:  // lost on its way
        break;
      case 1:  // cut off on its way
        EXPECT_EQ(receiver_.take(std::string_view(chunk).substr(0, random() % chunk.size())).error().code,
                  Errc::corrupt);
        break;
      default:
        EXPECT_TRUE(receiver_.take(chunk));
    }
  }
  expect_own_content();
}

TEST_F(SnapshotTest, EveryFlippedBitIsFoundAndDoesNoHarm) {
  const std::vector<std::string> chunks = all_chunks();
  for (const std::string& chunk : chunks) {
    for (std::size_t at = 0; at < chunk.size(); ++at) {
      std::string flipped = chunk;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
      ASSERT_EQ(receiver_.take(flipped).error().code, Errc::corrupt);
    }
    ASSERT_TRUE(receiver_.take(chunk));
  }
  expect_own_content();
}

TEST_F(SnapshotTest, ChunksAreTakenInOrder) {
  take_first(2);
  const std::vector<std::string> chunks = all_chunks();
  expect_refused(chunks[3], Errc::invalid, "chunk 2 is the next");
}

TEST_F(SnapshotTest, AChunkThatWasTakenIsNotTakenTwice) {
  take_first(3);
  expect_refused(all_chunks()[2], Errc::invalid, "chunk 3 is the next");
}

TEST_F(SnapshotTest, AChunkOfAnotherRangeIsNotTaken) {
  take_first(1);
  expect_refused(changed(1, [](SnapshotChunk& chunk) { chunk.id.range.number = 8; }), Errc::invalid,
                 "another range");
}

TEST_F(SnapshotTest, AChunkOfAnotherSnapshotIsNotTaken) {
  take_first(1);
  expect_refused(changed(1, [](SnapshotChunk& chunk) { chunk.id.applied.index = 1001; }), Errc::invalid,
                 "at index 1000");
}

TEST_F(SnapshotTest, ItBeginsWithAHeaderWhoseRecordIsItsOwn) {
  expect_refused(changed(1, [](SnapshotChunk& chunk) { chunk.number = 0; }), Errc::corrupt, "header");
  SnapshotReceiver other(range_id, staging_);
  EXPECT_EQ(other.take(changed(0, [](SnapshotChunk& chunk) { chunk.record.applied.index = 9; })).error().code,
            Errc::corrupt);
  EXPECT_EQ(other.next(), 0u);
}

TEST_F(SnapshotTest, RowsOutOfOrderAreRefused) {
  take_first(1);
  expect_refused(changed(1, [](SnapshotChunk& chunk) { std::swap(chunk.rows[0], chunk.rows[1]); }),
                 Errc::corrupt, "row 1");
}

TEST_F(SnapshotTest, RowsThatCameBeforeAreRefused) {
  take_first(2);
  expect_refused(changed(1, [](SnapshotChunk& chunk) { chunk.number = 2; }), Errc::corrupt, "row 0");
}

TEST_F(SnapshotTest, RowsOutsideOfTheRangeAreRefused) {
  take_first(1);
  expect_refused(changed(1, [](SnapshotChunk& chunk) { chunk.rows.back().key = "zzz"; }), Errc::corrupt,
                 "outside of the range");
}

TEST_F(SnapshotTest, AnEndThatCountsOtherRowsIsRefused) {
  const std::size_t last = all_chunks().size() - 1;
  take_first(last);
  expect_refused(changed(last, [](SnapshotChunk& chunk) { ++chunk.counts.sources; }), Errc::corrupt, "rows");
}

TEST_F(SnapshotTest, NothingFollowsTheEnd) {
  take_first(all_chunks().size());
  EXPECT_EQ(receiver_.take(all_chunks().back()).error().code, Errc::invalid);
}

TEST_F(SnapshotTest, AStagingThatFailedTakesNoMore) {
  take_first(1);
  staging_.fails = true;
  EXPECT_EQ(receiver_.take(all_chunks()[1]).error().code, Errc::no_space);
  staging_.fails = false;
  EXPECT_EQ(receiver_.take(all_chunks()[1]).error().code, Errc::invalid);
  EXPECT_FALSE(receiver_.is_complete());
}

TEST_F(SnapshotTest, AReplicaThatIsMadeOfOneGoesOnFromThere) {
  FakeEngine engine;
  Range source(new_record(), engine.state, engine.sources, std::make_unique<TextMachine>());
  EntryBuilder builder;
  builder.add({Command::Kind::service, SourceId{5}, 1, "put a 1"});
  ASSERT_TRUE(source.apply({1, 1}, builder.take(1000)));
  engine.write(source.begin_flush());
  source.end_flush();

  SnapshotWriter writer(source.record(), engine.state, engine.sources);
  while (!receiver_.is_complete()) ASSERT_TRUE(receiver_.take(writer.chunk(receiver_.next()).value()));
  Range copy(*receiver_.record(), staging_.content.state, staging_.content.sources,
             std::make_unique<TextMachine>());
  ASSERT_TRUE(copy.load());
  builder.add({Command::Kind::service, SourceId{5}, 1, "put a 2"});
  builder.add({Command::Kind::service, SourceId{5}, 2, "get a"});
  const Range::Applied applied = copy.apply({2, 1}, builder.take(500)).value();
  EXPECT_EQ(applied.results[0].outcome, Outcome::duplicate);
  EXPECT_EQ(applied.results[1].reply, "1");
  EXPECT_EQ(copy.stamp(0), 1000);
}

}  // namespace
}  // namespace tenon::kv
