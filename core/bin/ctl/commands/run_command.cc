#include "bin/ctl/commands/run_command.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

std::string with_cursor(const std::string& path, const std::string& cursor) {
  return path + (path.find('?') == std::string::npos ? "?" : "&") + "cursor=" + cursor;
}

// All pages as one answer without a cursor.
Result<std::string> all_pages(const ApiClient& broker, const ApiRequest& request) {
  const std::string list(request.command->list);
  Json all;
  std::string path = request.path;
  while (true) {
    const Result<std::string> body = broker.ask(request.command->method, path, request.body);
    if (!body) return body;
    Json page = Json::parse(*body);
    const std::string cursor = page.value("cursor", "");
    page.erase("cursor");
    if (request.command->grows && !cursor.empty() && page.at(list).empty())
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    if (all.is_null()) {
      all = std::move(page);
    } else {
      for (Json& item : page.at(list)) all[list].push_back(std::move(item));
    }
    if (cursor.empty()) return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    path = with_cursor(request.path, cursor);
  }
}

}  // namespace

Result<std::string> run_api_request(const ApiClient& broker, const ApiRequest& request) {
  try {
    const Result<std::string> body = request.all
                                         ? all_pages(broker, request)
                                         : broker.ask(request.command->method, request.path, request.body);
    if (!body || request.common.output == OutputForm::json) return body;
    return request.command->view(*body);
  } catch (const Json::exception&) {
    return unknown_answer();
  }
}

}  // namespace tenon::ctl
