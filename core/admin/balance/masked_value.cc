#include "admin/balance/masked_value.h"

#include "base/text/secret_name.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view options = "options.";

void mask_members(Json& value) {
  if (value.is_array())
    for (Json& item : value) mask_members(item);
  if (!value.is_object()) return;
  for (auto& [name, member] : value.items()) {
    if (names_a_secret(name))
      member = "***";
    else
      mask_members(member);
  }
}

}  // namespace

Json masked_value(std::string_view name, Json value) {
  if (name.starts_with(options)) name.remove_prefix(options.size());
  if (names_a_secret(name)) return "***";
  mask_members(value);
  return value;
}

}  // namespace tenon::admin
