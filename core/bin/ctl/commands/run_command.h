#pragma once

#include <string>

#include "bin/ctl/api_client.h"
#include "bin/ctl/commands/request.h"

namespace tenon::ctl {

// Does the command; the text for standard output.
Result<std::string> run_api_request(const ApiClient& broker, const ApiRequest& request);

}  // namespace tenon::ctl
