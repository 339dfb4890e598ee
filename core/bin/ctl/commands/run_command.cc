#include "bin/ctl/commands/run_command.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "bin/ctl/commands/view_text.h"

namespace tenon::ctl {

namespace {

// The path with this cursor, and not with the one that it may have.
std::string with_cursor(std::string path, const std::string& cursor) {
  const std::string value = "cursor=" + cursor;
  const std::size_t first = path.find("?cursor=");
  const std::size_t old = first == std::string::npos ? path.find("&cursor=") : first;
  if (old == std::string::npos) return path + (path.find('?') == std::string::npos ? "?" : "&") + value;
  const std::size_t end = std::min(path.find('&', old + 1), path.size());
  return path.replace(old + 1, end - old - 1, value);
}

void wait_for_more(const ApiRequest& request, const Json& page, const std::string& cursor) {
  if (request.command->grows && !cursor.empty() && page.at(request.command->list).empty())
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
}

// What people see of each page, when it comes. That nodes do not answer is said when it begins.
Status print_pages(const ApiClient& broker, const ApiRequest& request,
                   const std::function<void(const std::string& text)>& print) {
  Json missing;
  for (std::string path = request.path;;) {
    const Result<std::string> body = broker.ask(request.command->method, path, request.body);
    if (!body) return body.error();
    Json page = Json::parse(*body);
    const Result<std::string> cursor = cursor_of(page);
    if (!cursor) return cursor.error();
    page.erase("cursor");
    const Json now_missing = page.contains("missing_nodes") ? page["missing_nodes"] : Json();
    if (now_missing == missing) page.erase("missing_nodes");
    missing = now_missing;
    const Result<std::string> text = request.command->view(page.dump());
    if (!text) return text.error();
    print(*text);
    if (cursor->empty()) return {};
    wait_for_more(request, page, *cursor);
    path = with_cursor(request.path, *cursor);
  }
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
    const Result<std::string> cursor = cursor_of(page);
    if (!cursor) return cursor.error();
    page.erase("cursor");
    wait_for_more(request, page, *cursor);
    if (all.is_null()) {
      all = std::move(page);
    } else {
      for (Json& item : page.at(list)) all[list].push_back(std::move(item));
    }
    if (cursor->empty()) return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    path = with_cursor(request.path, *cursor);
  }
}

}  // namespace

Result<std::string> run_api_request(const ApiClient& broker, const ApiRequest& request,
                                    const std::function<void(const std::string& text)>& print) {
  try {
    if (request.all && request.command->grows && print && request.common.output == OutputForm::table) {
      const Status printed = print_pages(broker, request, print);
      if (!printed) return printed.error();
      return std::string();
    }
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
