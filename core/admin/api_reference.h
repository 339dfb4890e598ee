#pragma once

#include <string>

namespace tenon::admin {

// The text of docs/reference/api.md, made from the OpenAPI document. Pure.
std::string api_reference();

}  // namespace tenon::admin
