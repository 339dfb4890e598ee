#pragma once

#include <cstdint>
#include <string>

#include <tenon/config.hpp>

#include "common/event_options.h"

namespace tenon::audit_log {

using events_common::EventOptions;

struct Options {
  std::string file;
  std::uint64_t bytes_max = 0;
  std::uint32_t kept = 0;
  EventOptions events;
};

extern const char options_schema[];

// Throws a sdk::Failure that names the option.
Options read_options(const sdk::Config& config);

}  // namespace tenon::audit_log
