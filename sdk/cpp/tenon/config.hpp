/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/host/config.h>

#include <optional>
#include <string>
#include <string_view>

#include <tenon/failure.hpp>
#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.config/1: the options of this instance. Use in init and reconfigure only [setup]; texts stay
// valid until that call returns. Paths have dots: "servers.0.host". A value of the wrong type throws a
// Failure that names the path and where the value was set.
class Config {
 public:
  Config() = default;
  explicit Config(const tenon_host* host) : table_(host, TENON_HOST_CONFIG_ID) {}

  std::optional<std::string_view> text(const char* path) const {
    tenon_bytes value{};
    if (!found(path,
               table_->get_string ? table_->get_string(table_.host(), path, &value) : TENON_E_UNSUPPORTED,
               "a text"))
      return std::nullopt;
    return text_of(value);
  }
  std::optional<std::int64_t> integer(const char* path) const {
    std::int64_t value = 0;
    if (!found(path, table_->get_int ? table_->get_int(table_.host(), path, &value) : TENON_E_UNSUPPORTED,
               "a whole number"))
      return std::nullopt;
    return value;
  }
  std::optional<bool> boolean(const char* path) const {
    std::uint32_t value = 0;
    if (!found(path, table_->get_bool ? table_->get_bool(table_.host(), path, &value) : TENON_E_UNSUPPORTED,
               "true or false"))
      return std::nullopt;
    return value != 0;
  }
  // Elements of a list or members of an object; 0 when there is none.
  std::uint32_t count(const char* path) const {
    std::uint32_t value = 0;
    const bool is_there =
        found(path, table_->get_count ? table_->get_count(table_.host(), path, &value) : TENON_E_UNSUPPORTED,
              "a list");
    return is_there ? value : 0;
  }

  std::string text_or(const char* path, std::string_view otherwise) const {
    return std::string(text(path).value_or(otherwise));
  }
  std::int64_t integer_or(const char* path, std::int64_t otherwise) const {
    return integer(path).value_or(otherwise);
  }
  bool boolean_or(const char* path, bool otherwise) const { return boolean(path).value_or(otherwise); }
  // Throws when the option is missing.
  std::string require_text(const char* path) const {
    const auto value = text(path);
    if (!value)
      throw Failure(TENON_E_INVALID, "option \"" + std::string(path) + "\" is missing; set it in conf.d");
    return std::string(*value);
  }

  // The whole object as JSON.
  std::string_view json() const {
    tenon_bytes value{};
    if (!table_->get_json || table_->get_json(table_.host(), &value) != TENON_OK) return "{}";
    return text_of(value);
  }
  // Where the value was set, for error texts; empty when unknown.
  std::string_view origin(const char* path) const {
    tenon_bytes value{};
    if (!table_->get_origin || table_->get_origin(table_.host(), path, &value) != TENON_OK) return {};
    return text_of(value);
  }

 private:
  bool found(const char* path, tenon_status status, const char* wanted) const {
    if (status == TENON_OK) return true;
    if (status == TENON_E_NOT_FOUND) return false;
    std::string message = "option \"" + std::string(path) + "\" must be " + wanted;
    if (const auto where = origin(path); !where.empty()) message += " (" + std::string(where) + ")";
    throw Failure(status, message);
  }

  HostTable<tenon_host_config> table_;
};

TENON_SDK_END
