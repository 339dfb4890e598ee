#include "admin/json/json_body.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "admin/json/json_bounds.h"

namespace tenon::admin {

namespace {

bool is_whole(const nlohmann::json& value, std::int64_t min, std::int64_t max) {
  // One above what 64 bits with a sign hold would be read as a negative one.
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  return fits && value.get<std::int64_t>() >= min && value.get<std::int64_t>() <= max;
}

}  // namespace

struct JsonBody::Content {
  nlohmann::json json;
  std::vector<std::string> taken;

  // Null: it is not there.
  const nlohmann::json* take(std::string_view name) {
    if (!json.is_object()) return nullptr;
    taken.emplace_back(name);
    const auto found = json.find(name);
    return found == json.end() ? nullptr : &*found;
  }
};

JsonBody::JsonBody(std::string_view text) : content_(std::make_unique<Content>()) {
  if (!is_within(text)) {
    failure_ = "the body has too many values, or is nested too deeply";
    return;
  }
  content_->json = nlohmann::json::parse(text, nullptr, false);
  if (!content_->json.is_object()) failure_ = "the body is no JSON object";
}

JsonBody::~JsonBody() = default;

void JsonBody::fail(std::string_view name, std::string_view what) {
  if (failure_.empty()) failure_ = "\"" + std::string(name) + "\" is " + std::string(what);
}

std::optional<std::string> JsonBody::text(std::string_view name) {
  const nlohmann::json* value = content_->take(name);
  if (!value) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  fail(name, "no text");
  return std::nullopt;
}

std::optional<bool> JsonBody::flag(std::string_view name) {
  const nlohmann::json* value = content_->take(name);
  if (!value) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  fail(name, "neither true nor false");
  return std::nullopt;
}

std::optional<std::int64_t> JsonBody::number(std::string_view name, std::int64_t min, std::int64_t max) {
  const nlohmann::json* value = content_->take(name);
  if (!value) return std::nullopt;
  if (is_whole(*value, min, max)) return value->get<std::int64_t>();
  fail(name, "no whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<std::vector<std::string>> JsonBody::texts(std::string_view name) {
  const nlohmann::json* value = content_->take(name);
  if (!value) return std::nullopt;
  const auto is_text = [](const nlohmann::json& one) { return one.is_string(); };
  if (value->is_array() && std::all_of(value->begin(), value->end(), is_text))
    return value->get<std::vector<std::string>>();
  fail(name, "no list of texts");
  return std::nullopt;
}

std::optional<std::map<std::string, std::int64_t>> JsonBody::numbers(std::string_view name, std::int64_t min,
                                                                     std::int64_t max) {
  const nlohmann::json* value = content_->take(name);
  if (!value) return std::nullopt;
  const auto fits = [&](const nlohmann::json& one) { return is_whole(one, min, max); };
  if (value->is_object() && std::all_of(value->begin(), value->end(), fits))
    return value->get<std::map<std::string, std::int64_t>>();
  fail(name, "no object of whole numbers from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<std::vector<std::pair<std::string, std::string>>> JsonBody::pairs(std::string_view name) {
  const nlohmann::json* value = content_->take(name);
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
  const auto& [json, taken] = *content_;
  if (failure_.empty() && json.is_object())
    for (const auto& [name, value] : json.items())
      if (std::find(taken.begin(), taken.end(), name) == taken.end()) fail(name, "not known here");
  if (failure_.empty())
    for (const std::string_view name : required)
      if (!json.contains(name)) fail(name, "missing");
  if (!failure_.empty()) return Error{Errc::invalid, failure_};
  return {};
}

}  // namespace tenon::admin
