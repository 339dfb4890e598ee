#pragma once

#include <string>

#include "admin/sources/ban_source.h"

namespace tenon::admin {

std::string ban_json(const BanStatus& ban);
std::string bans_json(const BanPage& page);

}  // namespace tenon::admin
