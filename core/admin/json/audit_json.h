#pragma once

#include <string>

#include "admin/sources/audit_source.h"

namespace tenon::admin {

// As the OpenAPI document describes it. Pure.
std::string audit_json(const AuditPage& page);

}  // namespace tenon::admin
