#include "answer/decision.h"

#include <vector>

#include "common/grant.h"
#include "common/json_value.h"

namespace tenon::auth_http {

namespace {

using auth_common::Grant;
using auth_common::JsonValue;
using Type = JsonValue::Type;

constexpr std::size_t filters_max = 1024;
constexpr std::size_t nesting_max = 8;

// What a client may do by the service's word. A list that is not there grants nothing beside the other one.
class Permissions final : public sdk::PermissionSet {
 public:
  Permissions(Grant publish, Grant subscribe)
      : publish_(std::move(publish)), subscribe_(std::move(subscribe)) {}

  bool allows(const tenon_authz_query& query) const noexcept override {
    const std::string_view topic = sdk::text_of(query.topic);
    switch (query.action) {
      case TENON_ACTION_PUBLISH:
        return publish_.allows_topic(topic);
      case TENON_ACTION_RECEIVE:
        return subscribe_.allows_topic(topic);
      case TENON_ACTION_SUBSCRIBE:
        return subscribe_.meets(topic);
      default:
        return false;
    }
  }

 private:
  const Grant publish_;
  const Grant subscribe_;
};

// Members of one object, by the names that the operator has given them. Whatever is there must have its type.
class Reader {
 public:
  Reader(const JsonValue& object, const FieldNames& names) : object_(object), names_(names) {}

  const JsonValue* find(std::string_view field) const {
    const auto name = names_.find(field);
    if (name == names_.end() || name->second.empty()) return nullptr;
    const JsonValue* const member = object_.find(name->second);
    return !member || member->is(Type::null) ? nullptr : member;
  }
  std::string text(std::string_view field) {
    const JsonValue* value = find(field);
    if (!value) return {};
    if (!value->is(Type::text)) return fault("a field that has to be a text is none");
    return value->text();
  }
  bool flag(std::string_view field) {
    const JsonValue* value = find(field);
    if (value && !value->is(Type::flag)) (void)fault("a field that has to be true or false is neither");
    return value && value->flag();
  }
  std::optional<std::uint64_t> number(std::string_view field) {
    const JsonValue* value = find(field);
    if (!value) return std::nullopt;
    if (!value->whole()) (void)fault("a field that has to be a whole number is none");
    return value->whole();
  }
  Grant grant(std::string_view field, std::string_view username, std::string_view client_id) {
    std::vector<std::string> filters;
    const JsonValue* value = find(field);
    if (!value) return {};
    if (!value->is(Type::list) || value->items().size() > filters_max) {
      (void)fault("a list of filters is none, or too long");
      return {};
    }
    for (const JsonValue& one : value->items()) {
      if (!one.is(Type::text) || !auth_common::is_grant_filter(one.text())) {
        (void)fault("a filter is not a topic filter");
        return {};
      }
      if (auto filled = auth_common::fill_in(one.text(), username, client_id))
        filters.push_back(std::move(*filled));
    }
    return Grant(std::move(filters));
  }
  // Null: all was well so far.
  const char* why() const { return why_; }

 private:
  std::string fault(const char* why) {
    if (!why_) why_ = why;
    return {};
  }

  const JsonValue& object_;
  const FieldNames& names_;
  const char* why_ = nullptr;
};

// "allow" and "deny", or true and false.
std::optional<Decision::Result> result_of(const JsonValue* value) {
  if (!value) return std::nullopt;
  if (value->is(Type::flag)) return value->flag() ? Decision::Result::allow : Decision::Result::deny;
  if (!value->is(Type::text)) return std::nullopt;
  const std::string& word = value->text();
  if (word == "allow") return Decision::Result::allow;
  if (word == "deny") return Decision::Result::deny;
  if (word == "ignore") return Decision::Result::ignore;
  return std::nullopt;
}

}  // namespace

std::optional<Decision> read_decision(const Options& options, int status, std::string_view body,
                                      std::string_view username, std::string_view client_id,
                                      const char** ret_why) {
  Decision decision;
  if (status == 401 || status == 403) return decision;
  const auto refused = [&](const char* why) {
    *ret_why = why;
    return std::nullopt;
  };
  if (status != 200) return refused("the service answered with a status other than 200, 401 and 403");
  const std::optional<JsonValue> object = auth_common::read_json(body, nesting_max);
  if (!object || !object->is(Type::object)) return refused("the service's answer is no JSON object");
  Reader reader(*object, options.answer_fields);
  const auto result = result_of(reader.find("result"));
  if (!result) return refused("the service's answer does not say \"allow\", \"deny\" or \"ignore\"");
  decision.result = *result;
  if (decision.result != Decision::Result::allow) return decision;
  decision.username = reader.text("username");
  decision.tenant = reader.text("tenant");
  decision.valid_s = reader.number("valid_s");
  const bool is_superuser = reader.flag("superuser");
  const std::string_view user = decision.username.empty() ? username : std::string_view(decision.username);
  Grant publish = reader.grant("publish", user, client_id);
  Grant subscribe = reader.grant("subscribe", user, client_id);
  if (reader.why()) return refused(reader.why());
  const bool has_lists = reader.find("publish") || reader.find("subscribe");
  if (!is_superuser && (has_lists || !options.allows_all_without_acl))
    decision.permissions =
        sdk::PermissionSetRef::adopt(new Permissions(std::move(publish), std::move(subscribe)));
  return decision;
}

}  // namespace tenon::auth_http
