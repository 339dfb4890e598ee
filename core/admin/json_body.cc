#include "admin/json_body.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tenon::admin {

JsonBody::JsonBody(std::string_view text)
    : json_(std::make_unique<nlohmann::json>(nlohmann::json::parse(text, nullptr, false))) {
  if (!json_->is_object()) failure_ = "the body is no JSON object";
}

JsonBody::~JsonBody() = default;

const nlohmann::json* JsonBody::take(std::string_view name) {
  if (!json_->is_object()) return nullptr;
  taken_.emplace_back(name);
  const auto found = json_->find(name);
  return found == json_->end() ? nullptr : &*found;
}

void JsonBody::fail(std::string_view name, std::string_view what) {
  if (failure_.empty()) failure_ = "\"" + std::string(name) + "\" is " + std::string(what);
}

std::optional<std::string> JsonBody::text(std::string_view name) {
  const nlohmann::json* value = take(name);
  if (!value) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  fail(name, "no text");
  return std::nullopt;
}

std::optional<bool> JsonBody::flag(std::string_view name) {
  const nlohmann::json* value = take(name);
  if (!value) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  fail(name, "neither true nor false");
  return std::nullopt;
}

std::optional<std::int64_t> JsonBody::number(std::string_view name, std::int64_t min, std::int64_t max) {
  const nlohmann::json* value = take(name);
  if (!value) return std::nullopt;
  // One above what 64 bits with a sign hold would be read as a negative one.
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() || value->get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (fits && value->get<std::int64_t>() >= min && value->get<std::int64_t>() <= max)
    return value->get<std::int64_t>();
  fail(name, "no whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<std::vector<std::pair<std::string, std::string>>> JsonBody::pairs(std::string_view name) {
  const nlohmann::json* value = take(name);
  if (!value) return std::nullopt;
  std::vector<std::pair<std::string, std::string>> out;
  const auto is_pair = [](const nlohmann::json& pair) {
    return pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string();
  };
  if (!value->is_array() || !std::all_of(value->begin(), value->end(), is_pair)) {
    fail(name, "no list of pairs of texts");
    return std::nullopt;
  }
  for (const auto& pair : *value) out.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
  return out;
}

Status JsonBody::end(std::initializer_list<std::string_view> required) {
  if (failure_.empty() && json_->is_object())
    for (const auto& [name, value] : json_->items())
      if (std::find(taken_.begin(), taken_.end(), name) == taken_.end()) fail(name, "not known here");
  if (failure_.empty())
    for (const std::string_view name : required)
      if (!json_->contains(name)) fail(name, "missing");
  if (!failure_.empty()) return Error{Errc::invalid, failure_};
  return {};
}

}  // namespace tenon::admin
