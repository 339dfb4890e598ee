#include "store/disk/log_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <semaphore>
#include <string>
#include <vector>

#include "store/disk/engine.h"
#include "unit/store/scripted_log.h"

namespace tenon::store {
namespace {

// A writer on its own thread, over a journal whose writes are the test's; the test's thread is the owner's.
class LogWriterTest : public ::testing::Test {
 protected:
  LogWriterTest() {
    script.write = [this](std::span<const tenon_log_write> writes) { return on_write(writes); };
    LogWriter::Events events;
    events.on_durable = [this](std::uint64_t sequence) { durable.push_back(sequence); };
    events.on_full = [this](const std::string& why) { full.push_back(why); };
    events.on_room = [this] { ++room_count; };
    events.on_failed = [this](const std::string& why) { failed.push_back(why); };
    events.on_damaged = [this](const tenon_group_id& group, const std::string&) {
      EXPECT_TRUE(durable.empty()) << "told too late";
      damaged.push_back(group.range);
    };
    writer = LogWriter::create(*journal, *owner, std::move(events)).value();
  }
  ~LogWriterTest() override { writer->stop(); }

  // On the writer's thread.
  tenon_status on_write(std::span<const tenon_log_write> writes) {
    if (held) {
      arrived.release();
      go_on.acquire();
    }
    const std::lock_guard lock(mutex);
    const tenon_status status = answers.empty() ? TENON_OK : answers.front();
    if (!answers.empty()) answers.erase(answers.begin());
    std::string text;
    for (const tenon_log_write& write : writes) {
      text += std::to_string(write.group.range) + ':';
      for (std::uint32_t i = 0; i < write.entry_count; ++i)
        text += std::string(to_text(write.entries[i].data)) + '@' +
                std::to_string(write.entries[i].at.index) + ',';
      text += std::string(to_text(write.hard_state)) + ';';
    }
    if (status == TENON_OK) taken_bytes.push_back(text.size());
    if (text.size() < std::size_t{1} << 20) seen.push_back(std::move(text));
    return status;
  }

  std::uint64_t append(std::uint64_t range, std::string entry, std::string hard_state = {}) {
    const tenon_log_entry one{{++index, 1}, 0, 0, to_abi(entry)};
    tenon_log_write write{};
    write.group = {range, 1};
    write.flags = hard_state.empty() ? 0 : TENON_LOG_SET_HARD_STATE;
    write.entry_count = 1;
    write.entries = &one;
    write.hard_state = to_abi(hard_state);
    const std::uint64_t sequence = writer->append({&write, 1});
    // Whatever it kept, it is a copy.
    std::fill(entry.begin(), entry.end(), '?');
    std::fill(hard_state.begin(), hard_state.end(), '?');
    return sequence;
  }
  template <class Condition>
  void run_until(Condition&& condition) {
    while (!condition()) owner->run_turn(10 * ns_per_ms);
  }
  std::vector<std::string> writes() {
    const std::lock_guard lock(mutex);
    return seen;
  }

  test::ScriptedLog script;
  test::ScriptedLogInstance instance{script};
  std::unique_ptr<Journal> journal = Journal::open(*instance).value();
  std::unique_ptr<runtime::Worker> owner = runtime::Worker::create(0).value();
  std::unique_ptr<LogWriter> writer;

  std::atomic<bool> held{false};
  std::counting_semaphore<> arrived{0};
  std::counting_semaphore<> go_on{0};
  std::mutex mutex;
  std::vector<tenon_status> answers;  // of the next writes; then TENON_OK
  std::vector<std::string> seen;
  std::vector<std::size_t> taken_bytes;

  std::uint64_t index = 0;
  std::vector<std::uint64_t> durable;
  std::vector<std::string> full;
  std::vector<std::string> failed;
  std::vector<std::uint64_t> damaged;
  int room_count = 0;
};

TEST_F(LogWriterTest, WhatComesWhileTheDiskIsBusyGoesIntoOneWriteInOrder) {
  held = true;
  ASSERT_TRUE(writer->start().ok());
  EXPECT_EQ(append(7, "a", "state"), 1u);
  writer->flush();
  arrived.acquire();
  held = false;
  EXPECT_EQ(append(8, "b"), 2u);
  EXPECT_EQ(append(7, "c"), 3u);
  writer->flush();
  EXPECT_EQ(append(8, "d"), 4u);
  writer->flush();
  EXPECT_GT(writer->waiting_bytes(), 0u);
  go_on.release();
  run_until([&] { return !durable.empty() && durable.back() == 4; });
  EXPECT_EQ(durable, (std::vector<std::uint64_t>{1, 4}));
  EXPECT_EQ(writes(), (std::vector<std::string>{"7:a@1,state;", "8:b@2,;7:c@3,;8:d@4,;"}));
  EXPECT_EQ(writer->waiting_bytes(), 0u);
}

TEST_F(LogWriterTest, NothingLeavesBeforeTheFlush) {
  std::binary_semaphore cut{0};
  script.compact = [&](const tenon_group_id&, const tenon_log_point&) {
    cut.release();
    return TENON_OK;
  };
  ASSERT_TRUE(writer->start().ok());
  append(7, "a");
  writer->compact({7, 1}, {1, 1});
  cut.acquire();
  EXPECT_TRUE(writes().empty());
  writer->flush();
  run_until([&] { return !durable.empty(); });
  EXPECT_EQ(writes().size(), 1u);
}

TEST_F(LogWriterTest, AFullDiskIsTriedAgainUntilThereIsRoom) {
  answers = {TENON_E_NOSPACE, TENON_E_NOSPACE, TENON_OK, TENON_E_NOSPACE};
  ASSERT_TRUE(writer->start().ok());
  append(7, "a");
  writer->flush();
  run_until([&] { return !full.empty(); });
  EXPECT_TRUE(durable.empty());
  append(7, "b");
  writer->flush();
  run_until([&] { return !durable.empty() && durable.back() == 2; });
  EXPECT_EQ(full.size(), 1u);
  EXPECT_EQ(room_count, 1);
  EXPECT_EQ(writes().back(), "7:a@1,;7:b@2,;");
  EXPECT_TRUE(failed.empty());
  // The next time is news again.
  append(7, "c");
  writer->flush();
  run_until([&] { return durable.back() == 3; });
  EXPECT_EQ(full.size(), 2u);
  EXPECT_EQ(room_count, 2);
}

TEST_F(LogWriterTest, WhatAFullDiskHasLeftWaitingIsWrittenInParts) {
  constexpr std::size_t part_bytes = 30 << 20;
  constexpr std::uint64_t parts = 5;
  answers.assign(1000, TENON_E_NOSPACE);
  ASSERT_TRUE(writer->start().ok());
  for (std::uint64_t range = 1; range <= parts; ++range) {
    append(range, std::string(part_bytes, 'x'));
    writer->flush();
  }
  run_until([&] { return !full.empty(); });
  {
    const std::lock_guard lock(mutex);
    answers = {TENON_E_NOSPACE, TENON_OK, TENON_E_NOSPACE};
  }
  run_until([&] { return !durable.empty(); });
  EXPECT_EQ(durable, std::vector<std::uint64_t>{parts});
  EXPECT_EQ(room_count, 1);
  EXPECT_TRUE(failed.empty());
  // All of it, and nothing twice.
  const std::size_t taken = std::accumulate(taken_bytes.begin(), taken_bytes.end(), std::size_t{0});
  EXPECT_EQ(taken / part_bytes, parts);
  EXPECT_LT(*std::max_element(taken_bytes.begin(), taken_bytes.end()), 3 * part_bytes);
}

TEST_F(LogWriterTest, ACutThatFindsADiskFullIsOverWithTheNextWrite) {
  script.compact = [](const tenon_group_id&, const tenon_log_point&) { return TENON_E_NOSPACE; };
  ASSERT_TRUE(writer->start().ok());
  writer->compact({7, 1}, {1, 1});
  writer->compact({7, 1}, {1, 1});
  run_until([&] { return !full.empty(); });
  append(7, "a");
  writer->flush();
  run_until([&] { return !durable.empty(); });
  EXPECT_EQ(full.size(), 1u);
  EXPECT_EQ(room_count, 1);
}

TEST_F(LogWriterTest, WantOfDescriptorsIsTriedAgainToo) {
  answers = {TENON_E_BUSY, TENON_OK};
  ASSERT_TRUE(writer->start().ok());
  append(7, "a");
  writer->flush();
  run_until([&] { return !durable.empty(); });
  EXPECT_EQ(full.size(), 1u);
  EXPECT_EQ(room_count, 1);
  EXPECT_TRUE(failed.empty());
}

TEST_F(LogWriterTest, ADamagedGroupIsLeftOutAndToldBeforeItCountsAsDurable) {
  // All of them; one by one up to the damaged one; the rest.
  answers = {TENON_E_CORRUPT, TENON_OK, TENON_E_CORRUPT, TENON_E_NOSPACE, TENON_OK};
  ASSERT_TRUE(writer->start().ok());
  append(7, "a");
  append(8, "b");
  append(9, "c");
  writer->flush();
  run_until([&] { return !durable.empty(); });
  EXPECT_EQ(durable, std::vector<std::uint64_t>{3});
  EXPECT_EQ(damaged, std::vector<std::uint64_t>{8});
  EXPECT_EQ(writes(),
            (std::vector<std::string>{"7:a@1,;8:b@2,;9:c@3,;", "7:a@1,;", "8:b@2,;", "9:c@3,;", "9:c@3,;"}));
  EXPECT_TRUE(failed.empty());
  EXPECT_EQ(writer->waiting_bytes(), 0u);
}

TEST_F(LogWriterTest, ACutOfADamagedGroupTellsOfIt) {
  script.compact = [](const tenon_group_id&, const tenon_log_point&) { return TENON_E_CORRUPT; };
  ASSERT_TRUE(writer->start().ok());
  writer->compact({7, 1}, {1, 1});
  run_until([&] { return !damaged.empty(); });
  EXPECT_TRUE(full.empty());
}

// Only what is there can be damaged, so that it is not the group.
TEST_F(LogWriterTest, ARemovalThatFindsDamageIsFinal) {
  answers = {TENON_E_CORRUPT, TENON_E_CORRUPT};
  ASSERT_TRUE(writer->start().ok());
  tenon_log_write write{};
  write.group = {7, 1};
  write.flags = TENON_LOG_REMOVE;
  writer->append({&write, 1});
  writer->flush();
  run_until([&] { return !failed.empty(); });
  EXPECT_TRUE(durable.empty());
}

TEST_F(LogWriterTest, AnyOtherFailureIsFinal) {
  answers = {TENON_E_IO_FATAL};
  ASSERT_TRUE(writer->start().ok());
  append(7, "a");
  writer->flush();
  run_until([&] { return !failed.empty(); });
  EXPECT_NE(failed.front().find("scripted"), std::string::npos) << failed.front();
  append(7, "b");
  writer->flush();
  run_until([&] { return writer->waiting_bytes() == 0; });
  EXPECT_TRUE(durable.empty());
  EXPECT_EQ(failed.size(), 1u);
  EXPECT_EQ(writes().size(), 1u);
}

TEST_F(LogWriterTest, WhatIsQueuedAtTheStopIsLostAndNeverCalledDurable) {
  ASSERT_TRUE(writer->start().ok());
  append(7, "a");
  writer->stop();
  owner->run_turn(0);
  EXPECT_TRUE(durable.empty());
}

}  // namespace
}  // namespace tenon::store
