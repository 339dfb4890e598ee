#include "store/disk/engine.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "store/disk/engine_limits.h"
#include "unit/store/plugins_under_test.h"

namespace tenon::store {
namespace {

constexpr std::uint32_t space = 3;

TEST(EngineLimits, LessThanTheBrokerNeedsIsRefusedInWords) {
  tenon_engine_info info{sizeof info, 0, engine_key_bytes_needed, 0, engine_space_needed, 0};
  EXPECT_TRUE(check_limits(info).ok());
  info.space_max = 16;
  EXPECT_EQ(check_limits(info).error().message, "its last space is 16; 31 is needed");
  info.space_max = UINT32_MAX;
  info.key_bytes_max = 65'535;
  EXPECT_EQ(check_limits(info).error().message, "it takes keys of up to 65535 bytes; 131072 are needed");
  info.key_bytes_max = UINT64_MAX;
  EXPECT_TRUE(check_limits(info).ok());
}

class EngineTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::string keys(const EngineView& view, std::string_view begin, std::string_view end,
                   std::size_t most = 9999) {
    std::string found;
    const Status walked = view.scan(begin, end, [&](std::string_view key, std::string_view) {
      found.append(key).append(" ");
      return --most > 0;
    });
    EXPECT_TRUE(walked.ok());
    return found;
  }
  void put(std::string_view key, std::string_view value) {
    const tenon_write write{TENON_WRITE_PUT, space, to_abi(key), to_abi(value)};
    ASSERT_TRUE(engine.write({&write, 1}).ok());
  }

  tenon::test::TempDir dir;
  test::PluginsUnderTest plugins{dir.path(), GetParam()};
  Engine& engine = plugins.engine();
};

TEST_P(EngineTest, ReadsWhatWasWrittenInItsSpace) {
  put("a", "1");
  put("b", "");
  EXPECT_EQ(engine.get(space, "a").value(), "1");
  EXPECT_EQ(engine.get(space, "b").value(), "");
  EXPECT_EQ(engine.get(space, "c").value(), std::nullopt);
  EXPECT_EQ(engine.get(space + 1, "a").value(), std::nullopt);
}

TEST_P(EngineTest, ABatchPutsAndDeletes) {
  put("a", "1");
  const tenon_write writes[] = {{TENON_WRITE_DELETE, space, to_abi("a"), {}},
                                {TENON_WRITE_PUT, space, to_abi("b"), to_abi("2")}};
  ASSERT_TRUE(engine.write(writes).ok());
  ASSERT_TRUE(engine.sync().ok());
  EXPECT_EQ(keys(EngineView(engine, space), {}, {}), "b ");
}

TEST_P(EngineTest, AWalkIsInOrderWithinItsBoundsAndEndsWhenItIsTold) {
  for (const char* key : {"d", "b", "a", "c"}) put(key, key);
  const EngineView view(engine, space);
  EXPECT_EQ(keys(view, {}, {}), "a b c d ");
  EXPECT_EQ(keys(view, "b", "d"), "b c ");
  EXPECT_EQ(keys(view, "b", {}), "b c d ");
  EXPECT_EQ(keys(view, {}, {}, 2), "a b ");
  EXPECT_EQ(keys(view, "d", "b"), "");
}

TEST_P(EngineTest, AWalkThatTakesManyPagesMissesNothing) {
  std::vector<std::string> names;
  for (int i = 1000; i < 2000; ++i) names.push_back(std::to_string(i));
  const std::string value(2000, 'v');
  for (const std::string& name : names) put(name, value);
  std::vector<std::string> found;
  ASSERT_TRUE(engine
                  .scan(space, {}, {},
                        [&](std::string_view key, std::string_view text) {
                          EXPECT_EQ(text, value);
                          found.emplace_back(key);
                          return true;
                        })
                  .ok());
  EXPECT_EQ(found, names);
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineTest, ::testing::Values("memory", "sqlite"));

}  // namespace
}  // namespace tenon::store
