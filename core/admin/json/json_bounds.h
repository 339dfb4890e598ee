#pragma once

#include <cstddef>
#include <string_view>

namespace tenon::admin {

// How much a JSON text may ask a parser to build. What one value takes in memory is many times its length.
struct JsonBounds {
  // A message with 65535 user properties, as many as mqtt.user_properties_max allows, has 3 for each.
  std::size_t values_max = std::size_t{1} << 18;
  // Options of a plugin, 32 deep as in conf.d, inside a body.
  std::size_t depth_max = 33;
};

// Whether `text` is within the bounds, were it JSON: each '[', '{' and ',' outside of strings counts as a
// value. Of what is no JSON, this holds for all that stands before the first mistake. Pure.
bool is_within(std::string_view text, const JsonBounds& bounds = {});

}  // namespace tenon::admin
