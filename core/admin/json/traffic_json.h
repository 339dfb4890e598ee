#pragma once

#include <string>

#include "admin/sources/traffic_source.h"

namespace tenon::admin {

std::string directive_json(const DirectiveStatus& directive);
std::string groups_json(const GroupsStatus& groups);
std::string traffic_json(const TrafficStatus& traffic);

}  // namespace tenon::admin
