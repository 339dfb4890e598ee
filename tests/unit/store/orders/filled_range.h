#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>

#include "kv/range.h"
#include "unit/kv/fake_engine.h"
#include "unit/kv/text_machine.h"

namespace tenon::store {

// The replica of a range by itself, to which items are put.
struct FilledRange {
  FilledRange() : range(record(), engine.state, engine.sources, std::make_unique<kv::TextMachine>()) {
    EXPECT_TRUE(range.load());
  }
  static kv::RangeRecord record() {
    kv::RangeRecord record;
    record.id = {7, 1};
    record.descriptor.store = kv::StoreId::inbox;
    record.descriptor.epoch = {1, 1};
    return record;
  }
  void put(const std::string& key, const std::string& value) {
    kv::EntryBuilder builder;
    const std::string text = "put " + key + " " + value;
    builder.add({kv::Command::Kind::service, kv::SourceId::none, 0, text});
    EXPECT_TRUE(range.apply({range.applied().index + 1, 1}, builder.take(1'700'000'000'000)).ok());
  }
  void fill(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) put("k" + std::to_string(1000 + i), "12345");
  }

  kv::FakeEngine engine;
  kv::Range range;
};

}  // namespace tenon::store
