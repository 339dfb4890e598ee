#pragma once

#include <cstdint>
#include <string_view>

namespace tenon::ctl {

// What is known of Mosquitto's options (2.0 and 2.1) whose values are taken as they are, or not at all.

// A file or a list of ciphers that filter/tls has an option for.
struct TlsOption {
  std::string_view name;
  std::string_view member;
  bool is_file = true;
};
// A number that is one below "mqtt".
struct LimitOption {
  std::string_view name;
  std::string_view key;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::string_view zero_text = {};  // why 0 can't be said here; empty: it can
  std::string_view note = {};
};
// One that nothing is made of.
struct KnownOption {
  std::string_view name;
  bool is_nature = false;  // as Remark::Kind
  const char* why = "";
};

// Null: it is none.
const TlsOption* find_tls_option(std::string_view name);
const LimitOption* find_limit_option(std::string_view name);
const KnownOption* find_known_option(std::string_view name);
// Of the section of a `connection`.
bool is_bridge_option(std::string_view name);

}  // namespace tenon::ctl
