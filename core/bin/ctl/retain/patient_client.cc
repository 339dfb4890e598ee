#include "bin/ctl/retain/patient_client.h"

#include <algorithm>
#include <thread>

namespace tenon::ctl {

namespace {

constexpr std::chrono::milliseconds first_pause{250};
constexpr std::chrono::milliseconds pause_max{4000};

}  // namespace

bool PatientClient::may_pass(Errc code) const {
  return code == Errc::busy || (has_answered_ && (code == Errc::io || code == Errc::timed_out));
}

Result<std::string> PatientClient::ask(std::string_view method, std::string_view path,
                                       std::string_view json) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (auto pause = first_pause;; pause = std::min(pause * 2, pause_max)) {
    auto answer = broker_.ask(method, path, json);
    has_answered_ = has_answered_ || answer.ok();
    if (answer.ok() || !may_pass(answer.error().code)) return answer;
    if (std::chrono::steady_clock::now() + pause > end) return answer;
    if (pause == first_pause && environment_.progress)
      environment_.progress(answer.error().message + "; it is asked again");
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace tenon::ctl
