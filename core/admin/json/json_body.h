#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tenon::admin {

// The body of a request, a JSON object, of which each member is taken once: whatever is left over, or is not
// as it was taken, makes end() fail.
//
//   JsonBody body(request.body);
//   const auto topic = body.text("topic");
//   if (Status sound = body.end({"topic"}); !sound) ...
class JsonBody {
 public:
  explicit JsonBody(std::string_view text);
  ~JsonBody();
  JsonBody(const JsonBody&) = delete;
  JsonBody& operator=(const JsonBody&) = delete;

  // Empty: it is not there, or is something else.
  std::optional<std::string> text(std::string_view name);
  std::optional<bool> flag(std::string_view name);
  // From `min` to `max`.
  std::optional<std::int64_t> number(std::string_view name, std::int64_t min, std::int64_t max);
  // A list of lists of two texts.
  std::optional<std::vector<std::pair<std::string, std::string>>> pairs(std::string_view name);
  // A list of texts.
  std::optional<std::vector<std::string>> texts(std::string_view name);
  // An object of numbers, each from `min` to `max`.
  std::optional<std::map<std::string, std::int64_t>> numbers(std::string_view name, std::int64_t min,
                                                             std::int64_t max);

  // invalid: the body is no object or beyond the JsonBounds, a member is not as it was asked for, is not
  // known, or one of `required` is missing; says which.
  Status end(std::initializer_list<std::string_view> required = {});

 private:
  struct Content;
  void fail(std::string_view name, std::string_view what);

  std::unique_ptr<Content> content_;
  std::string failure_;
};

}  // namespace tenon::admin
