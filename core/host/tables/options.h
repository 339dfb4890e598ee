#pragma once

#include <tenon/abi/base.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace tenon::host {

// The options of one instance: a parsed JSON object, read by paths with dots ("servers.0.host"). Immutable;
// texts live as long as the object.
class Options {
 public:
  // `text` is a JSON object; empty counts as {}. invalid: it is not.
  static Result<Options> parse(std::string text);

  Options(Options&&) noexcept;
  Options& operator=(Options&&) noexcept;
  ~Options();

  const std::string& json() const { return text_; }
  // TENON_E_NOT_FOUND: nothing at the path, or null. TENON_E_INVALID: another type; for an integer also a
  // number with a fraction or out of range.
  tenon_status get_string(const char* path, tenon_bytes* ret_text) const;
  tenon_status get_int(const char* path, std::int64_t* ret_value) const;
  tenon_status get_bool(const char* path, std::uint32_t* ret_value) const;
  tenon_status get_count(const char* path, std::uint32_t* ret_count) const;
  bool has(const char* path) const;

  // Checks the options against a JSON Schema; see json_schema.h. The error names the option.
  Status check(const std::string& schema_json) const;

 private:
  struct Tree;
  Options(std::string text, std::unique_ptr<Tree> tree);

  std::string text_;
  std::unique_ptr<Tree> tree_;
};

}  // namespace tenon::host
