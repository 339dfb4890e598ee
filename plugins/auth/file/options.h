#pragma once

#include <cstdint>
#include <string>

#include <tenon/config.hpp>

namespace tenon::auth_file {

// What the operator states; see README.md for what each means.
struct Options {
  enum class UnknownUser : std::uint8_t { deny, ignore };

  std::string password_file;  // empty: nobody is known by name
  std::string acl_file;       // empty: whoever is known may do everything
  UnknownUser unknown_user = UnknownUser::deny;
  bool anonymous = false;
  std::int64_t cache_ttl_s = 300;  // 0: no cache
  std::int64_t cache_count_max = 32'768;

  bool has_cache() const { return cache_ttl_s > 0 && cache_count_max > 0; }
  bool has_same_cache(const Options& other) const {
    return cache_ttl_s == other.cache_ttl_s && cache_count_max == other.cache_count_max;
  }
};

// JSON Schema of the above.
extern const char options_schema[];

// Reads and checks the options. Throws a Failure that names the option.
Options read_options(const sdk::Config& config);

}  // namespace tenon::auth_file
