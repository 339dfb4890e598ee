#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "admin/http/handler.h"
#include "base/clock.h"

namespace tenon::admin {

// Stands before another handler and refuses, with 429, what one address asks above a rate: as many requests
// in one go as come in two seconds, then at the rate. A request that was answered with 401 counts for ten,
// so that tokens can't be tried quickly. What comes through the unix socket is never refused. Any thread.
//
// Memory is bounded: addresses share places, and one that asks too much can have a few others refused with
// it.
class RateGuard final : public HttpHandler {
 public:
  static constexpr std::size_t places = 1024;
  static constexpr std::uint32_t cost_of_401 = 10;

  // Both outlive it. `per_s` 0: nothing is refused. `seed` is secret and random.
  RateGuard(const HttpHandler& inner, const Clock& clock, std::uint32_t per_s, std::uint64_t seed)
      : inner_(inner), clock_(clock), per_s_(per_s), seed_(seed) {}

  std::optional<HttpResponse> refuse(const HttpRequest& request) const override;
  HttpAnswer handle(const HttpRequest& request) const override { return inner_.handle(request); }
  std::size_t body_bytes_max(const HttpRequest& request, std::size_t usual) const override {
    return inner_.body_bytes_max(request, usual);
  }
  bool wants_body(const HttpRequest& request) const override { return inner_.wants_body(request); }

 private:
  // How long until the address may ask again; 0: it may now, and has been charged for one request.
  std::int64_t charge(std::string_view from) const;
  // One that was charged pays for so many requests more.
  void charge_more(std::string_view from, std::uint32_t count) const;
  MonoNs& place_of(std::string_view from) const;  // under mutex_

  const HttpHandler& inner_;
  const Clock& clock_;
  const std::uint32_t per_s_;
  const std::uint64_t seed_;
  mutable std::mutex mutex_;
  mutable std::array<MonoNs, places> paid_until_ns_{};
};

}  // namespace tenon::admin
