#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "store/disk/engine_layout.h"
#include "store/snapshot/outgoing.h"
#include "support/temp_dir.h"
#include "unit/store/plugins_under_test.h"

namespace tenon::store::test {

// An engine that holds a few rows of one range, each of which is a chunk: with the head and the end, rows
// + 2.
class FrozenRows {
 public:
  explicit FrozenRows(std::size_t rows) {
    record_.id = range;
    record_.descriptor.store = StoreId::inbox;
    record_.descriptor.begin = "a";
    record_.descriptor.end = "z";
    record_.descriptor.members.voters = {NodeId{1}};
    record_.applied = {10, 2};
    for (std::size_t i = 0; i < rows; ++i) {
      const std::string key = "row" + std::to_string(100 + i);
      const tenon_write write{TENON_WRITE_PUT, state_space(StoreId::inbox), to_abi(key),
                              to_abi(std::string_view("value"))};
      EXPECT_TRUE(engine().write({&write, 1}).ok());
    }
  }

  std::unique_ptr<FrozenState> freeze() {
    return std::make_unique<FrozenState>(engine(), engine().snapshot().value(), record_, 1);
  }
  Engine& engine() { return plugins_.engine(); }

  static constexpr RangeId range{7, 1};

 private:
  tenon::test::TempDir directory_;
  PluginsUnderTest plugins_{directory_.path(), "memory"};
  kv::RangeRecord record_;
};

}  // namespace tenon::store::test
