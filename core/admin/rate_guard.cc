#include "admin/rate_guard.h"

#include <algorithm>

#include "admin/problem.h"
#include "base/digest/hash.h"

namespace tenon::admin {

namespace {

constexpr std::int64_t burst_ns = 2 * ns_per_s;

// "192.0.2.1:4711" without the port: what a peer can't choose anew for each connection.
std::string_view address_of(std::string_view from) {
  return from.substr(0, from.rfind(':'));
}

}  // namespace

MonoNs& RateGuard::place_of(std::string_view from) const {
  return paid_until_ns_[keyed_hash(address_of(from), seed_) % places];
}

std::int64_t RateGuard::charge(std::string_view from) const {
  const MonoNs now = clock_.mono_ns();
  const std::lock_guard lock(mutex_);
  MonoNs& paid_until = place_of(from);
  if (paid_until > now) return paid_until - now;
  paid_until = std::max(paid_until, now - burst_ns) + ns_per_s / per_s_;
  return 0;
}

void RateGuard::charge_more(std::string_view from, std::uint32_t count) const {
  const std::lock_guard lock(mutex_);
  place_of(from) += ns_per_s / per_s_ * count;
}

std::optional<HttpResponse> RateGuard::refuse(const HttpRequest& request) const {
  if (per_s_ == 0 || request.from.starts_with("unix")) return inner_.refuse(request);
  if (const std::int64_t wait = charge(request.from); wait > 0) {
    HttpResponse response = problem(429, "this address asks too much (api.request_rate_max)");
    response.fields.emplace_back("Retry-After", std::to_string((wait + ns_per_s - 1) / ns_per_s));
    return response;
  }
  auto refusal = inner_.refuse(request);
  if (refusal && refusal->status == 401) charge_more(request.from, cost_of_401 - 1);
  return refusal;
}

}  // namespace tenon::admin
