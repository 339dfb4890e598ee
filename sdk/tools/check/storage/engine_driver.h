#pragma once

#include <tenon/draft/storage.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "made_plugin.h"

namespace tenon::tools {

// One write of a batch, with its own memory.
struct EngineWrite {
  std::uint32_t type;  // TENON_WRITE_*
  std::uint32_t space;
  std::string key;
  std::string value;  // of a range: its end
};
using EngineBatch = std::vector<EngineWrite>;
using EngineItems = std::vector<std::pair<std::string, std::string>>;

// What an engine ought to hold. std::string compares as unsigned bytes, then by length, as engines do.
class EngineModel {
 public:
  void apply(const EngineBatch& batch);
  // The keys in [begin, end), an empty end being none, in the order of the walk.
  EngineItems range(std::uint32_t space, const std::string& begin, const std::string& end,
                    bool reverse) const;
  std::optional<std::string> get(std::uint32_t space, const std::string& key) const;
  bool operator==(const EngineModel& other) const { return spaces_ == other.spaces_; }

 private:
  std::map<std::uint32_t, std::map<std::string, std::string>> spaces_;  // without empty ones
};

// A call answered what it must not have. What goes on is the check's finding.
class EngineFault : public std::exception {
 public:
  explicit EngineFault(std::string text, tenon_status status = TENON_OK)
      : text_(std::move(text)), status_(status) {}
  const char* what() const noexcept override { return text_.c_str(); }
  // What the call answered; TENON_OK: the fault is in what it gave.
  tenon_status status() const { return status_; }

 private:
  std::string text_;
  tenon_status status_;
};

// An engine in a directory of its own, driven through its C tables by the calling thread: started, opened,
// and closed and destroyed at the end. Calls throw an EngineFault where the engine answers an error that they
// do not name.
class EngineDriver {
 public:
  EngineDriver(CheckHost& check_host, const tenon_plugin_descriptor& descriptor, const Subject& subject,
               const std::string& dir);
  ~EngineDriver();
  EngineDriver(const EngineDriver&) = delete;
  EngineDriver& operator=(const EngineDriver&) = delete;

  const tenon_engine_info& info() const { return info_; }
  bool can(std::uint32_t cap) const { return (info_.caps & cap) != 0; }

  // The engine's answer, whatever it is.
  tenon_status try_write(const EngineBatch& batch, std::uint32_t durability);
  void write(const EngineBatch& batch, std::uint32_t durability = TENON_DURABLE_PROC);
  void sync();
  void verify();
  void checkpoint(const std::string& path);
  std::optional<std::string> get(std::uint32_t space, const std::string& key,
                                 const tenon_snapshot* snapshot = nullptr);
  EngineItems scan(std::uint32_t space, const std::string& begin = {}, const std::string& end = {},
                   bool reverse = false, const tenon_snapshot* snapshot = nullptr,
                   std::uint64_t count_max = 7);
  tenon_snapshot* snapshot();
  void release(tenon_snapshot* snapshot);
  tenon_iterator* iterate(std::uint32_t space);
  EngineItems rest_of(tenon_iterator* iterator, std::uint64_t count_max);  // and closes it
  std::vector<std::string> export_all(std::uint32_t space, const tenon_snapshot* snapshot,
                                      std::uint64_t bytes_max);
  tenon_status try_import(std::uint32_t space, const std::string& chunk);

 private:
  void must(const char* call, tenon_status status);
  tenon_error* fresh_error();

  std::unique_ptr<host::Instance> instance_;
  const tenon_storage* table_ = nullptr;
  tenon_engine* engine_ = nullptr;
  tenon_engine_info info_{};
  tenon_error error_{};
};

}  // namespace tenon::tools
