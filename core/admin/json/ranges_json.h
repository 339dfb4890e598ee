#pragma once

#include <span>
#include <string>
#include <string_view>

#include "admin/range_source.h"

namespace tenon::admin {

// The answers of the range actions, as the OpenAPI document describes them. Pure. Range ids are texts, since
// they have more digits than JSON's readers keep.
std::string ranges_json(std::span<const RangeStatus> ranges);
std::string order_json(const OrderStatus& order);
std::string digest_json(const RangeDigest& digest);

// Reads the body of a POST that orders `action` of `range`. invalid: says what is wrong in it.
Result<RangeOrder> read_range_order(RangeOrder::Action action, std::uint64_t range, std::string_view body);

}  // namespace tenon::admin
