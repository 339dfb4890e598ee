#pragma once

#include <string>

#include "admin/message_source.h"

namespace tenon::admin {

// The answers of the actions about messages, as the OpenAPI document describes them. Pure.
std::string published_json(const Published& published);
std::string retained_page_json(const RetainedPage& page);
// With payloads and properties.
std::string whole_retained_page_json(const RetainedPage& page);
std::string retained_json(const RetainedStatus& message);
std::string deleted_json(const bool& existed);

}  // namespace tenon::admin
