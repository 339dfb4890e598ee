#pragma once

#include <string>
#include <vector>

#include "admin/sources/trace_source.h"

namespace tenon::admin {

std::string trace_json(const TraceStatus& trace);
std::string traces_json(const std::vector<TraceStatus>& traces);
std::string trace_page_json(const TracePage& page);

}  // namespace tenon::admin
