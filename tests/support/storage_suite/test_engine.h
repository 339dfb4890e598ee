#pragma once

#include <tenon/draft/storage.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/disk_backend.h"
#include "support/fake_host.h"
#include "support/plugin_module.h"
#include "support/storage_suite/contents.h"
#include "support/storage_suite/engine_under_test.h"

namespace tenon::test {

// An engine of a plugin under test, driven through its C tables. Not gtest: the statuses are for the test to
// judge. Closes and destroys what it opened. One thread.
class TestEngine {
 public:
  // `disk` must outlive it. Throws when the plugin can't be loaded or started.
  TestEngine(const EngineUnderTest& what, DiskBackend& disk, const std::string& dir);
  TestEngine(const TestEngine&) = delete;
  TestEngine& operator=(const TestEngine&) = delete;
  ~TestEngine() { close(); }

  tenon_status open();
  void close();
  bool is_open() const { return engine_ != nullptr; }
  const tenon_engine_info& info() const { return info_; }
  bool is_durable() const { return (info_.caps & TENON_STORAGE_CAP_DURABLE) != 0; }
  // The plugin's words on the last failure.
  const char* error() const { return error_.message; }
  FakeHost& host() { return host_; }

  tenon_status write_v(const std::vector<Batch>& batches, std::uint32_t durability = TENON_DURABLE_PROC);
  tenon_status write(const Batch& batch, std::uint32_t durability = TENON_DURABLE_PROC) {
    return write_v({batch}, durability);
  }
  tenon_status sync() { return table_->sync(engine_, fresh_error()); }

  // The value; empty when the status, which is kept in last_status(), is another than TENON_OK.
  std::optional<std::string> get(std::uint32_t space, const std::string& key,
                                 const tenon_snapshot* snapshot = nullptr);
  tenon_status last_status() const { return last_status_; }

  tenon_snapshot* snapshot();
  void release(tenon_snapshot* snapshot) { table_->snapshot_release(engine_, snapshot); }

  // The items in [begin, end), read in pages of `count_max`; nothing further after a failure (last_status()).
  Items scan(std::uint32_t space, const std::string& begin = {}, const std::string& end = {},
             std::uint32_t flags = 0, const tenon_snapshot* snapshot = nullptr, std::uint64_t count_max = 64);
  // The same of the spaces that tests use.
  Contents contents(const tenon_snapshot* snapshot = nullptr);

  tenon_iterator* iterate(std::uint32_t space, const std::string& begin, const std::string& end,
                          std::uint32_t flags = 0, const tenon_snapshot* snapshot = nullptr);
  // One page; last_status() tells TENON_OK, TENON_END or an error.
  Items next(tenon_iterator* iterator, std::uint64_t count_max = no_limit,
             std::uint64_t bytes_max = no_limit);
  void close(tenon_iterator* iterator) { table_->iter_close(iterator); }

  tenon_status checkpoint(const std::string& path) {
    return table_->checkpoint(engine_, path.c_str(), fresh_error());
  }
  // All chunks.
  std::vector<std::string> export_range(std::uint32_t space, const std::string& begin, const std::string& end,
                                        std::uint64_t bytes_max, const tenon_snapshot* snapshot = nullptr);
  tenon_status import_chunk(std::uint32_t space, const std::string& chunk);
  tenon_status verify() { return table_->verify(engine_, fresh_error()); }
  tenon_storage_stats stats() const;

  // For what has no wrapper.
  const tenon_storage& table() const { return *table_; }
  tenon_engine* raw() const { return engine_; }
  tenon_error* fresh_error();

  static constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
  // The spaces that contents() looks at.
  static constexpr std::uint32_t spaces[] = {0, 1, 2, 7};

 private:
  FakeHost host_;
  PluginInstance plugin_;
  const tenon_storage* table_ = nullptr;
  tenon_engine* engine_ = nullptr;
  tenon_engine_info info_{};
  tenon_error error_{};
  tenon_status last_status_ = TENON_OK;
};

inline tenon_bytes abi_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string text_of(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.len)};
}

}  // namespace tenon::test
