#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "observe/metrics/sample.h"

namespace tenon::observe {

enum class ExpositionFormat : std::uint8_t {
  prometheus_text,  // text/plain; version=0.0.4
  openmetrics,      // application/openmetrics-text; version=1.0.0
};

// What the client prefers of the two, by the value of its Accept header (RFC 9110 section 12.5.1). Prometheus
// text when it names neither or there is a tie.
ExpositionFormat choose_exposition(std::string_view accept);

// The value for Content-Type.
std::string_view content_type(ExpositionFormat format);

// The whole answer to a scrape. Pure.
std::string write_exposition(std::span<const MetricFamily> families, ExpositionFormat format);

}  // namespace tenon::observe
