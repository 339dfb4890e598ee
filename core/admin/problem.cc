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

HttpResponse problem(const Error& error) {
  switch (error.code) {
    case Errc::not_found:
      return problem(404, error.message);
    case Errc::exists:
      return problem(409, error.message);
    case Errc::io:
    case Errc::internal:
      return problem(500, error.message);
    case Errc::busy:
      return problem(503, error.message);
    case Errc::timed_out:
      return problem(504, error.message);
    default:
      return problem(400, error.message);
  }
}

}  // namespace tenon::admin
