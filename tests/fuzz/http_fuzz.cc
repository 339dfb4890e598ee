// Fuzzes what the service of auth/http may answer.
//
// What must hold: a response is found in any split as it is in one piece; its body is below the limit; what
// decides about a client is a whole response alone.

#include <cstdint>
#include <string_view>

#include "answer/decision.h"
#include "base/assert.h"
#include "shared/http/response.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon;
  using http::Response;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Response whole;
  whole.feed(input);
  Response split;
  for (const char& byte : input) split.feed({&byte, 1});
  TENON_BUG(whole.state() == split.state(), "a split tells the same");
  whole.end();
  split.end();
  TENON_BUG(whole.state() == split.state() && whole.state() != Response::State::open, "the end ends it");
  if (whole.state() != Response::State::complete) return 0;
  TENON_BUG(whole.body() == split.body() && whole.status() == split.status(), "so do its parts");
  TENON_BUG(whole.body().size() <= Response::body_bytes_max, "a body is below its limit");
  auth_http::Options options;
  for (const char* field : {"result", "superuser", "username", "tenant", "publish", "subscribe", "valid_s"})
    options.answer_fields.emplace(field, field);
  const char* why = nullptr;
  const auto decision =
      auth_http::read_decision(options, whole.status(), whole.body(), "user", "client", &why);
  TENON_BUG(decision.has_value() || why != nullptr, "what is refused has a reason");
  if (decision && decision->result == auth_http::Decision::Result::allow)
    TENON_BUG(whole.status() == 200, "only 200 lets in");
  return 0;
}
