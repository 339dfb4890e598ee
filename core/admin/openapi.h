#pragma once

#include <string_view>

namespace tenon::admin {

// The OpenAPI 3.1 document of the API: the text of openapi.json, which lies beside this file. Static.
std::string_view openapi_document();

}  // namespace tenon::admin
