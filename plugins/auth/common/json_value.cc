#include "common/json_value.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace tenon::auth_common {
namespace {

using nlohmann::json;

// Takes a text apart by events: values of the library's own would need memory when they end.
class Builder final : public nlohmann::json_sax<json> {
 public:
  explicit Builder(std::size_t nesting_max) : nesting_max_(nesting_max) {}

  JsonValue take() { return std::move(root_); }

  bool null() override { return put(JsonValue()); }
  bool boolean(bool value) override { return put(JsonValue(value)); }
  bool number_integer(std::int64_t value) override {
    return put(JsonValue(static_cast<double>(value), std::nullopt));
  }
  bool number_unsigned(std::uint64_t value) override {
    return put(JsonValue(static_cast<double>(value), value));
  }
  bool number_float(double value, const std::string&) override { return put(JsonValue(value, std::nullopt)); }
  bool string(std::string& value) override { return put(JsonValue(std::move(value))); }
  bool binary(json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return begin(JsonValue::Type::object); }
  bool key(std::string& name) override {
    if (open_.back()->items().size() == members_max) return false;
    name_ = std::move(name);
    return !open_.back()->find(name_);
  }
  bool end_object() override { return end(); }
  bool start_array(std::size_t) override { return begin(JsonValue::Type::list); }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override { return false; }

 private:
  JsonValue& place(JsonValue value) {
    if (open_.empty()) return root_ = std::move(value);
    JsonValue& into = *open_.back();
    return into.is(JsonValue::Type::object) ? into.add(std::move(name_), std::move(value))
                                            : into.add(std::move(value));
  }
  bool put(JsonValue value) {
    place(std::move(value));
    return true;
  }
  // While one is open nothing is added to what it lies in, so that it stays where it is.
  bool begin(JsonValue::Type type) {
    if (open_.size() == nesting_max_) return false;
    open_.push_back(&place(JsonValue(type)));
    return true;
  }
  bool end() {
    open_.pop_back();
    return true;
  }

  const std::size_t nesting_max_;
  JsonValue root_;
  std::vector<JsonValue*> open_;
  std::string name_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  const auto at = std::find(names_.begin(), names_.end(), name);
  return at == names_.end() ? nullptr : &items_[static_cast<std::size_t>(at - names_.begin())];
}

JsonValue& JsonValue::add(std::string name, JsonValue value) {
  names_.push_back(std::move(name));
  return items_.emplace_back(std::move(value));
}

JsonValue& JsonValue::add(JsonValue value) {
  return items_.emplace_back(std::move(value));
}

std::optional<JsonValue> read_json(std::string_view text, std::size_t nesting_max) {
  if (text.find('\0') != text.npos) return std::nullopt;  // where the library takes the text to end
  Builder builder(nesting_max);
  if (!json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
  return builder.take();
}

std::string json_text(std::string_view text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace tenon::auth_common
