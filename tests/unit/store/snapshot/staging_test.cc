#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "store/disk/engine_layout.h"
#include "store/founding.h"
#include "store/snapshot/staging.h"
#include "unit/store/plugins_under_test.h"

namespace tenon::store::test {
namespace {

using Rows = std::map<std::string, std::string>;

Rows rows_of(const Engine& engine, std::uint32_t space) {
  Rows rows;
  const Status walked = engine.scan(space, {}, {}, [&](std::string_view key, std::string_view value) {
    rows.emplace(key, value);
    return true;
  });
  EXPECT_TRUE(walked.ok()) << walked.error().message;
  return rows;
}

// An engine with two ranges, [b, m) and [m, z), of which the first is to be replaced.
class Staging : public ::testing::Test {
 protected:
  void SetUp() override {
    old_ = record(7, "b", "m", 10);
    ASSERT_TRUE(write_range_records(engine(), std::vector{old_, record(8, "m", "z", 3)}).ok());
    for (const auto& [key, value] : old_state) {
      const tenon_write write{TENON_WRITE_PUT, space, to_abi(key), to_abi(value)};
      ASSERT_TRUE(engine().write({&write, 1}).ok());
    }
    for (const auto& [key, value] : old_sources()) ASSERT_TRUE(engine().put(source_space, key, value).ok());
  }
  static kv::RangeRecord record(std::uint64_t number, const char* begin, const char* end,
                                std::uint64_t applied) {
    kv::RangeRecord record;
    record.id = {number, 1};
    record.descriptor.store = StoreId::inbox;
    record.descriptor.begin = begin;
    record.descriptor.end = end;
    record.descriptor.members.voters = {NodeId{1}};
    record.applied = {applied, 2};
    return record;
  }
  static Rows old_sources() {
    return {{kv::source_key({7, 1}, kv::SourceId{1}), "old"},
            {kv::source_key({8, 1}, kv::SourceId{1}), "theirs"}};
  }
  static Rows new_sources() {
    return {{kv::source_key({7, 1}, kv::SourceId{2}), "new"},
            {kv::source_key({8, 1}, kv::SourceId{1}), "theirs"}};
  }
  // Several steps' worth, among which the rows that are not of the range stay.
  static Rows new_state() {
    Rows rows = {{"a", "outside"}, {"n", "theirs"}, {"c", "new"}};
    for (int i = 100; i < 500; ++i) rows["d" + std::to_string(i)] = std::string(10'000, 'n');
    return rows;
  }
  static kv::RangeRecord new_record() { return record(7, "b", "m", 99); }

  void stage() {
    EngineStaging staging(engine(), {7, 1});
    ASSERT_TRUE(staging.begin(new_record()).ok());
    for (const auto& [key, value] : new_state()) {
      if (!new_record().descriptor.holds(key)) continue;
      const kv::SnapshotRow row{key, value};
      ASSERT_TRUE(staging.stage(kv::SnapshotSpace::state, {&row, 1}).ok());
    }
    const std::string source = kv::source_key({7, 1}, kv::SourceId{2});
    const kv::SnapshotRow row{source, "new"};
    ASSERT_TRUE(staging.stage(kv::SnapshotSpace::sources, {&row, 1}).ok());
  }
  Engine& engine() { return plugins_.engine(); }

  static void expect_old(const Engine& engine) {
    EXPECT_EQ(rows_of(engine, space), old_state);
    EXPECT_EQ(rows_of(engine, source_space), old_sources());
    EXPECT_EQ(read_range_records(engine).value()[0].applied.index, 10u);
  }
  static void expect_new(const Engine& engine) {
    EXPECT_EQ(rows_of(engine, space), new_state());
    EXPECT_EQ(rows_of(engine, source_space), new_sources());
    EXPECT_EQ(read_range_records(engine).value()[0].applied.index, 99u);
  }
  static void expect_nothing_staged(const Engine& engine) {
    EXPECT_EQ(rows_of(engine, staging_space), Rows{});
    EXPECT_EQ(rows_of(engine, install_space), Rows{});
  }
  // What a start finds when the process ends now.
  template <class Check>
  void after_a_crash(Check&& check) {
    const tenon::test::TempDir copy;
    std::filesystem::copy(directory_.path(), copy.path(), std::filesystem::copy_options::recursive);
    PluginsUnderTest plugins(copy.path(), "sqlite");
    const Status finished = finish_installs(plugins.engine());
    ASSERT_TRUE(finished.ok()) << finished.error().message;
    check(plugins.engine());
    expect_nothing_staged(plugins.engine());
  }

  static constexpr std::uint32_t space = state_space(StoreId::inbox);
  static inline const Rows old_state = [] {
    Rows rows = {{"a", "outside"}, {"b", "old"}, {"c", "old"}, {"l", "old"}, {"n", "theirs"}};
    for (int i = 100; i < 400; ++i) rows["e" + std::to_string(i)] = std::string(10'000, 'o');
    return rows;
  }();
  tenon::test::TempDir directory_;
  PluginsUnderTest plugins_{directory_.path(), "sqlite"};
  kv::RangeRecord old_;
};

TEST_F(Staging, NobodySeesWhatIsStaged) {
  stage();
  expect_old(engine());
  after_a_crash(expect_old);
}

TEST_F(Staging, WhatWasStagedBeforeCountsNoMore) {
  EngineStaging staging(engine(), {7, 1});
  ASSERT_TRUE(staging.begin(new_record()).ok());
  const kv::SnapshotRow row{"k", "of an older one"};
  ASSERT_TRUE(staging.stage(kv::SnapshotSpace::state, {&row, 1}).ok());
  stage();
  ASSERT_TRUE(StagedInstall::decide(engine(), new_record()).ok());
  after_a_crash(expect_new);
}

TEST_F(Staging, ACrashAtAnyStepBehindTheDecisionGivesTheNewState) {
  stage();
  ASSERT_TRUE(StagedInstall::decide(engine(), new_record()).ok());
  after_a_crash(expect_new);
  StagedInstall install(engine(), new_record());
  int steps = 0;
  for (bool is_done = false; !is_done; ++steps) {
    const Result<bool> done = install.step();
    ASSERT_TRUE(done.ok()) << done.error().message;
    is_done = *done;
    after_a_crash(expect_new);
  }
  EXPECT_GT(steps, 12) << "a large state takes several";
  expect_new(engine());
  expect_nothing_staged(engine());
}

TEST_F(Staging, AnEmptyStateReplacesAsWell) {
  EngineStaging staging(engine(), {7, 1});
  ASSERT_TRUE(staging.begin(new_record()).ok());
  ASSERT_TRUE(StagedInstall::decide(engine(), new_record()).ok());
  ASSERT_TRUE(finish_installs(engine()).ok());
  EXPECT_EQ(rows_of(engine(), space), (Rows{{"a", "outside"}, {"n", "theirs"}}));
}

TEST_F(Staging, ADecisionThatCantBeReadIsNotTakenForNone) {
  ASSERT_TRUE(engine().put(install_space, kv::range_key({7, 1}), "\x01garbage").ok());
  const Status finished = finish_installs(engine());
  ASSERT_FALSE(finished.ok());
  EXPECT_NE(finished.error().message.find("sqlite"), std::string::npos);
  expect_old(engine());
}

}  // namespace
}  // namespace tenon::store::test
