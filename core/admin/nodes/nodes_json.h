#pragma once

#include <string>
#include <string_view>

#include "admin/nodes/node_source.h"
#include "base/result.h"

namespace tenon::admin {

std::string node_json(const NodeState& node);
std::string node_list_json(const NodeList& list);

// Bodies of orders; node and caller are left to the route. invalid: it is no object of what is known.
Result<DrainOrder> read_drain_order(std::string_view body);
Result<NodeOrder> read_node_order(std::string_view body);
// Has to say that it is meant.
Result<NodeOrder> read_removal_order(std::string_view body);

}  // namespace tenon::admin
