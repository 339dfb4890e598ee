#pragma once

#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <string>

#include <tenon/log.hpp>

#include "rocksdb/unflushed.h"

namespace tenon::storage_rocksdb {

// What RocksDB's threads tell the engine. Any thread.
class Events final : public rocksdb::EventListener {
 public:
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo& info) override {
    unflushed_.remove_to(info.largest_seqno);
  }
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status*) override { has_stopped_ = true; }
  // The engine goes on by itself, with the next write.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* ret_automatic) override {
    *ret_automatic = false;
  }

  Unflushed& unflushed() { return unflushed_; }
  // True once after each time that RocksDB has stopped writing by itself.
  bool take_stop() { return has_stopped_.exchange(false); }
  void put_back_stop() { has_stopped_ = true; }

 private:
  Unflushed unflushed_;
  std::atomic<bool> has_stopped_{false};
};

// RocksDB's own words, from warnings upwards, go into the broker's log.
class LogBridge final : public rocksdb::Logger {
 public:
  explicit LogBridge(sdk::Log log) : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(log) {}

  void Logv(const char*, va_list) override {}
  __attribute__((format(printf, 3, 0))) void Logv(const rocksdb::InfoLogLevel level, const char* format,
                                                  va_list values) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL || level > rocksdb::InfoLogLevel::FATAL_LEVEL) return;
    char text[1024];
    std::vsnprintf(text, sizeof text, format, values);
    if (level == rocksdb::InfoLogLevel::WARN_LEVEL)
      log_.warn("rocksdb.warned", text);
    else
      log_.error("rocksdb.failed", text);
  }

 private:
  const sdk::Log log_;
};

}  // namespace tenon::storage_rocksdb
