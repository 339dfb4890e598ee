#include "admin/problem.h"

#include <nlohmann/json.hpp>

namespace tenon::admin {

HttpResponse problem(std::uint16_t status, std::string_view detail) {
  using Json = nlohmann::ordered_json;
  const Json json = {
      {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
  return {.status = status,
          .content_type = "application/problem+json",
          .body = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n",
          .fields = {}};
}

}  // namespace tenon::admin
