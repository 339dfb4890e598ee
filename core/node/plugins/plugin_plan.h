#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "host/plugin_spec.h"

namespace tenon::node {

// The plugin instances that the settings ask for, and nothing else: the transport and filters of each
// listener, the transport of the API, the auth plugins of the chain, one instance for each engine that a
// store names, and the one that replicates.
//
// An instance is called like its entry in conf.d: "tcp", "file", "engine.main". Failure: a listener's stack
// can't be built; the text names it.
Result<std::vector<host::PluginSpec>> plan_plugins(const config::Settings& settings);

// The name of the instance that runs an engine.
std::string engine_instance(const std::string& engine);
// The name under which a balancer of a store runs.
std::string balancer_instance(const std::string& store, const std::string& name);

// The plugin that replicates ranges.
inline constexpr std::string_view replication_instance = "raft";

// The transport that the API is served over.
inline constexpr std::string_view api_transport = "tcp";

}  // namespace tenon::node
