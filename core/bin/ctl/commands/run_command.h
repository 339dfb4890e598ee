#pragma once

#include <functional>
#include <string>

#include "bin/ctl/api_client.h"
#include "bin/ctl/commands/request.h"

namespace tenon::ctl {

// Does the command; the text for standard output. What grows while it is read goes to `print`, unless that is
// empty, page by page as it comes.
Result<std::string> run_api_request(const ApiClient& broker, const ApiRequest& request,
                                    const std::function<void(const std::string& text)>& print);

}  // namespace tenon::ctl
