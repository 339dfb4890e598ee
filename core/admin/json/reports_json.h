#pragma once

#include <string>
#include <vector>

#include "admin/sources/report_source.h"

namespace tenon::admin {

std::string reports_json(const std::vector<ReportStatus>& reports);

}  // namespace tenon::admin
