#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "admin/http/message.h"
#include "admin/path_text.h"
#include "admin/problem.h"
#include "base/result.h"

// Versions of what is changed, as HTTP says them (RFC 9110, 8.8.3 and 13.1).

namespace tenon::admin {

inline std::string etag_of(std::uint64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

// The version that a change wants to find: of If-Match, which has to be one that ETag gave, or 0, nothing, of
// `If-None-Match: *`. Empty: whatever is there. invalid: they say something else.
inline Result<std::optional<std::uint64_t>> wanted_version(const HttpRequest& request) {
  using Version = std::optional<std::uint64_t>;
  const std::string_view match = request.field("if-match");
  const std::string_view none = request.field("if-none-match");
  if (match.empty() && none.empty()) return Version();
  if (!none.empty() && (none != "*" || !match.empty()))
    return Error{Errc::invalid, "If-None-Match can only be *, and without If-Match"};
  if (match.empty()) return Version(0);
  const bool is_quoted = match.size() > 2 && match.front() == '"' && match.back() == '"';
  const auto version = is_quoted ? number_of(match.substr(1, match.size() - 2)) : std::nullopt;
  if (!version) return Error{Errc::invalid, "If-Match has to be one ETag of this, in its quotes"};
  return Version(*version);
}

// The same for a change whose body may have said the version, too: puts the header's into `version`. Whether
// there is one; invalid: both say one.
inline Result<bool> take_wanted_version(const HttpRequest& request, std::optional<std::uint64_t>& version) {
  const auto wanted = wanted_version(request);
  if (!wanted) return wanted.error();
  if (*wanted && version)
    return Error{Errc::invalid, "the version is in \"version\" or in the header, not in both"};
  if (*wanted) version = *wanted;
  return wanted->has_value();
}

// What a look or a change came to, with its version. That a change found another one is an answer of its own
// when the header had said which one it wants.
template <class T>
HttpResponse versioned_answer(Result<T>&& result, bool is_conditional, bool has_version,
                              std::string (*to_json)(const T&)) {
  if (!result.ok()) {
    if (is_conditional && result.error().code == Errc::exists) return problem(412, result.error().message);
    return problem(result.error());
  }
  HttpResponse response{.body = to_json(*result), .fields = {}};
  if (has_version) response.fields.emplace_back("ETag", etag_of(result->version));
  return response;
}

}  // namespace tenon::admin
