#pragma once

#include <span>
#include <string_view>

#include "config/table/descriptor.h"

namespace tenon::config {

// The rows of each topic; topics() puts them in order. For the files of this folder only.
std::span<const Descriptor> node_rows();
std::span<const Descriptor> plugins_rows();
std::span<const Descriptor> listeners_rows();
std::span<const Descriptor> auth_rows();
std::span<const Descriptor> events_rows();
std::span<const Descriptor> intercept_rows();
std::span<const Descriptor> mqtt_link_rows();
std::span<const Descriptor> mqtt_session_rows();
std::span<const Descriptor> publish_rows();
std::span<const Descriptor> overload_rows();
std::span<const Descriptor> tenants_rows();
std::span<const Descriptor> engines_rows();
std::span<const Descriptor> stores_rows();
std::span<const Descriptor> services_rows();
std::span<const Descriptor> cluster_rows();
std::span<const Descriptor> api_rows();
std::span<const Descriptor> log_rows();
std::span<const Descriptor> shutdown_rows();

}  // namespace tenon::config
