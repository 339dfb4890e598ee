#pragma once

#include <string_view>

namespace tenon::admin {

// The OpenAPI 3.1 document of the API: the parts in the folder openapi, joined. Static.
std::string_view openapi_document();

}  // namespace tenon::admin
