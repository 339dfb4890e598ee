#include "broker/operate/redirects.h"

#include <utility>

namespace tenon::broker {

void Redirects::begin(mqtt::ReasonCode code, Addresses addresses) {
  const std::lock_guard lock(mutex_);
  code_ = code;
  addresses_ = std::move(addresses);
  is_on_.store(true, std::memory_order_relaxed);
}

void Redirects::end() {
  const std::lock_guard lock(mutex_);
  is_on_.store(false, std::memory_order_relaxed);
  addresses_.clear();
}

std::optional<Redirects::Redirect> Redirects::next(std::string_view listener) {
  if (!is_on()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!is_on()) return std::nullopt;
  Redirect redirect{code_, {}};
  const auto found = addresses_.find(listener);
  if (found != addresses_.end() && !found->second.empty())
    redirect.server_reference = found->second[turn_++ % found->second.size()];
  return redirect;
}

}  // namespace tenon::broker
