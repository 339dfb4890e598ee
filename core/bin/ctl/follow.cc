#include "bin/ctl/follow.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "bin/ctl/table.h"

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds first_wait{20};
constexpr std::chrono::milliseconds wait_max{500};

// Empty while it runs.
Result<std::optional<std::string>> end_of(const Json& answer, const std::string& body, OutputForm form) {
  const auto state = answer.at("state").get<std::string>();
  const auto detail = shown_reason(answer.at("detail").get<std::string>());
  if (state == "running") return std::optional<std::string>();
  if (state != "done") return Error{Errc::internal, "not done (" + shown(state) + "): " + detail};
  return std::optional(form == OutputForm::json ? body : "done: " + detail + "\n");
}

}  // namespace

Result<std::string> follow(const ApiClient& broker, Result<std::string> begun, std::string_view path,
                           OutputForm form) {
  try {
    for (auto wait = first_wait; begun; wait = std::min(wait * 2, wait_max)) {
      const Json answer = Json::parse(*begun);
      auto end = end_of(answer, *begun, form);
      if (!end) return end.error();
      if (*end) return **end;
      std::this_thread::sleep_for(wait);
      begun = broker.get(std::string(path) + answer.at("id").get<std::string>());
    }
  } catch (const Json::exception&) {
    return unknown_answer();
  }
  return begun;
}

}  // namespace tenon::ctl
