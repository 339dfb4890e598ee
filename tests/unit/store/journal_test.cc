// A journal that lies in a storage engine.
#include "store/disk/journal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "unit/store/damaged_pages.h"
#include "unit/store/plugins_under_test.h"

namespace tenon::store {
namespace {

constexpr std::uint32_t state_space_of_test = 3;

class JournalInEngine : public ::testing::Test {
 protected:
  void start() {
    journal.reset();
    plugins.reset();
    plugins.emplace(dir.path(), "sqlite");
    auto opened = Journal::open_in(plugins->engine());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    journal = std::move(opened).value();
  }
  // Appends entry `index` of term 1 to the group.
  tenon_status append(std::uint64_t range, std::uint64_t index) {
    const std::string data =
        "entry " + std::to_string(index) + " of " + std::to_string(range) + std::string(300, '.');
    const tenon_log_entry entry{{index, 1}, 0, 0, to_abi(data)};
    tenon_log_write write{};
    write.group = {range, 1};
    write.entries = &entry;
    write.entry_count = 1;
    return journal->write({&write, 1}, why);
  }
  tenon_status remove(std::uint64_t range) {
    tenon_log_write write{};
    write.group = {range, 1};
    write.flags = TENON_LOG_REMOVE;
    return journal->write({&write, 1}, why);
  }
  // Opens a journal with 200 entries in each of two groups, and damages the page of entry `index` of group 7.
  test::DamagedPages damaged_at(std::uint64_t index) {
    start();
    for (const std::uint64_t range : {7u, 8u})
      for (std::uint64_t i = 1; i <= 200; ++i) EXPECT_EQ(append(range, i), TENON_OK) << why;
    start();
    return {dir.path() + "/sqlite/engine.db", "entry " + std::to_string(index) + " of 7."};
  }
  std::vector<std::uint64_t> ranges() {
    std::vector<std::uint64_t> found;
    EXPECT_TRUE(journal->groups([&](const tenon_log_group& group) { found.push_back(group.id.range); }).ok());
    return found;
  }

  tenon::test::TempDir dir;
  std::optional<test::PluginsUnderTest> plugins;
  std::unique_ptr<Journal> journal;
  std::string why;
};

TEST_F(JournalInEngine, LiesBesideTheStateOfTheSameEngine) {
  start();
  ASSERT_TRUE(plugins->engine().put(state_space_of_test, "k", "v").ok());
  ASSERT_EQ(append(7, 1), TENON_OK) << why;
  ASSERT_EQ(append(7, 2), TENON_OK) << why;
  start();
  EXPECT_EQ(ranges(), std::vector<std::uint64_t>{7});
  tenon_log_bounds bounds{};
  ASSERT_EQ(journal->table().bounds(journal->handle(), {7, 1}, &bounds), TENON_OK);
  EXPECT_EQ(bounds.last.index, 2u);
  EXPECT_EQ(plugins->engine().get(state_space_of_test, "k").value(), "v");
}

TEST_F(JournalInEngine, TakesTurnsWithTheStatesThread) {
  start();
  std::atomic<bool> enough{false};
  std::thread writer([&] {
    for (std::uint64_t index = 1; index <= 200; ++index) EXPECT_EQ(append(7, index), TENON_OK) << why;
    enough = true;
  });
  const EngineView view(plugins->engine(), state_space_of_test);
  for (std::uint64_t i = 0; !enough || i < 50; ++i) {
    const std::string key = std::to_string(i % 50);
    const tenon_write write{TENON_WRITE_PUT, state_space_of_test, to_abi(key), to_abi(key)};
    EXPECT_TRUE(plugins->engine().write({&write, 1}).ok());
    EXPECT_EQ(view.get(key).value(), key);
    // What a visitor reads meanwhile is another turn.
    EXPECT_TRUE(view.scan({}, {},
                          [&](std::string_view at, std::string_view) {
                            return view.get(at).value() == std::string(at);
                          })
                    .ok());
  }
  writer.join();
  start();
  EXPECT_EQ(ranges(), std::vector<std::uint64_t>{7});
  EXPECT_EQ(plugins->engine().get(state_space_of_test, "49").value(), "49");
}

TEST_F(JournalInEngine, AGroupWhoseAppendMetDamageAnswersSoUntilItIsRemoved) {
  const auto pages = damaged_at(200);
  EXPECT_EQ(append(7, 201), TENON_E_CORRUPT);
  EXPECT_EQ(append(7, 202), TENON_E_CORRUPT);
  EXPECT_NE(why.find("engine.db is damaged"), std::string::npos) << why;
  EXPECT_EQ(append(8, 201), TENON_OK) << why;
  EXPECT_EQ(remove(7), TENON_OK) << why;
  EXPECT_EQ(append(8, 202), TENON_OK) << why;
}

TEST_F(JournalInEngine, AGroupWhoseForgettingMetDamageAnswersSoUntilItIsRemoved) {
  const auto pages = damaged_at(100);
  const Status cut = journal->compact({7, 1}, {150, 1});
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().code, Errc::corrupt);
  EXPECT_EQ(append(7, 201), TENON_E_CORRUPT);
  EXPECT_EQ(append(8, 201), TENON_OK) << why;
  EXPECT_EQ(remove(7), TENON_OK) << why;
}

TEST_F(JournalInEngine, AGroupIsRemovedThoughDamageKeepsItsEntries) {
  const auto pages = damaged_at(100);
  EXPECT_EQ(remove(7), TENON_OK) << why;
  tenon_log_bounds bounds{};
  EXPECT_EQ(journal->table().bounds(journal->handle(), {7, 1}, &bounds), TENON_E_NOT_FOUND);
  EXPECT_EQ(append(8, 201), TENON_OK) << why;
  start();
  EXPECT_EQ(ranges(), std::vector<std::uint64_t>{8});
  ASSERT_EQ(journal->table().bounds(journal->handle(), {8, 1}, &bounds), TENON_OK);
  EXPECT_EQ(bounds.last.index, 201u);
}

TEST_F(JournalInEngine, AGroupThatIsMadeAnewHasNothingOfWhatDamageKept) {
  auto pages = damaged_at(100);
  EXPECT_EQ(remove(7), TENON_OK) << why;
  EXPECT_EQ(append(7, 1), TENON_E_CORRUPT);
  EXPECT_EQ(append(7, 1), TENON_E_CORRUPT);
  EXPECT_EQ(remove(7), TENON_OK) << why;
  pages.repair();
  EXPECT_EQ(append(7, 1), TENON_OK) << why;
  start();
  tenon_log_bounds bounds{};
  ASSERT_EQ(journal->table().bounds(journal->handle(), {7, 1}, &bounds), TENON_OK);
  EXPECT_EQ(bounds.last.index, 1u);
}

TEST_F(JournalInEngine, EngineThatForgetsIsRefused) {
  plugins.emplace(dir.path(), "memory");
  const auto opened = Journal::open_in(plugins->engine());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::unsupported);
  EXPECT_NE(opened.error().message.find("does not survive a loss of power"), std::string::npos)
      << opened.error().message;
}

}  // namespace
}  // namespace tenon::store
