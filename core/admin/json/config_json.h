#pragma once

#include <string>
#include <vector>

#include "admin/node_status.h"
#include "admin/sources/config_source.h"

namespace tenon::admin {

std::string config_json(const ConfigReport& report);
std::string config_diff_json(const ConfigDiff& diff);
std::string reload_json(const ReloadReport& report);
std::string log_levels_json(const LogLevels& levels);

}  // namespace tenon::admin
