#pragma once

#include <cstdint>

#include <tenon/config.hpp>

#include "common/event_options.h"
#include "shared/http/service.h"

namespace tenon::webhook {

struct Options {
  http::ServiceOptions service;
  std::uint32_t timeout_ms = 0;
  std::uint32_t give_up_s = 0;  // 0: never
  std::uint32_t batch_count_max = 0;
  std::uint32_t linger_ms = 0;
  std::uint32_t payload_bytes_max = 0;
  events_common::EventOptions events;
};

extern const char options_schema[];

// Throws a sdk::Failure that names the option.
Options read_options(const sdk::Config& config);

}  // namespace tenon::webhook
