#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "bin/ctl/api_client.h"
#include "bin/ctl/run.h"

namespace tenon::ctl {

// For long work of many requests, of which none does harm when it is made twice: each is made again with
// pauses, while the broker is busy or allows this address no more; once it has answered anything, also when
// it can't be reached.
class PatientClient {
 public:
  static constexpr std::chrono::seconds patience{60};  // with one request

  // Both outlive this. The first pause for each request is told as progress.
  PatientClient(const ApiClient& broker, const Environment& environment)
      : broker_(broker), environment_(environment) {}

  // As ApiClient::ask; the failure is that of the last try.
  Result<std::string> ask(std::string_view method, std::string_view path, std::string_view json);

 private:
  bool may_pass(Errc code) const;

  const ApiClient& broker_;
  const Environment& environment_;
  bool has_answered_ = false;
};

}  // namespace tenon::ctl
