#pragma once

#include <string>

namespace tenon::observe {

// The texts of docs/reference/logs.md and docs/reference/metrics.md, made from the tables. Pure.
std::string log_reference();
std::string metric_reference();

}  // namespace tenon::observe
