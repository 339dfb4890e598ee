#pragma once

#include <tenon/abi/base.h>

#include <string>

namespace tenon::shared {

// Directory part of an absolute path: "/" for "/a".
std::string parent_of(const std::string& path);

// What a status of tenon.host.disk/1 means to an operator: "no space left on the device".
const char* disk_reason(tenon_status status);

// Throws a Failure unless status is TENON_OK: "<what> <path>: <reason>".
void check_disk(tenon_status status, const char* what, const std::string& path);

}  // namespace tenon::shared
