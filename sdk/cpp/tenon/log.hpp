/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/host/log.h>

#include <initializer_list>
#include <string_view>

#include <tenon/host.hpp>

TENON_SDK_BEGIN

// One key and value of a log record.
struct Field {
  std::string_view key;
  std::string_view value;
};

// tenon.host.log/1. All calls [any]; without the table nothing is written.
//   log.warn("password_file.line_skipped", "line has no colon", {{"line", "12"}});
class Log {
 public:
  Log() = default;
  explicit Log(const tenon_host* host) : table_(host, TENON_HOST_LOG_ID) {}

  bool enabled(std::uint32_t level) const {
    return table_->enabled && table_->enabled(table_.host(), level) != 0;
  }
  // At most 16 fields; further ones are left out.
  void write(std::uint32_t level, std::string_view event, std::string_view message,
             std::initializer_list<Field> fields = {}) const noexcept {
    if (!table_->write || !enabled(level)) return;
    tenon_kv kvs[16];
    std::uint32_t count = 0;
    for (const Field& f : fields)
      if (count < 16) kvs[count++] = {abi(f.key), abi(f.value)};
    const tenon_log_record record{
        sizeof record, level, abi(event), abi(message), {kvs, count, sizeof(tenon_kv)}};
    table_->write(table_.host(), &record);
  }
  void debug(std::string_view event, std::string_view message,
             std::initializer_list<Field> f = {}) const noexcept {
    write(TENON_LOG_DEBUG, event, message, f);
  }
  void info(std::string_view event, std::string_view message,
            std::initializer_list<Field> f = {}) const noexcept {
    write(TENON_LOG_INFO, event, message, f);
  }
  void warn(std::string_view event, std::string_view message,
            std::initializer_list<Field> f = {}) const noexcept {
    write(TENON_LOG_WARN, event, message, f);
  }
  void error(std::string_view event, std::string_view message,
             std::initializer_list<Field> f = {}) const noexcept {
    write(TENON_LOG_ERROR, event, message, f);
  }

 private:
  HostTable<tenon_host_log> table_;
};

TENON_SDK_END
