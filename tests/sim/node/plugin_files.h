#pragma once

#include <memory>
#include <string>

#include "host/instance.h"

namespace tenon::sim {

// The plugins that all nodes of a simulation use: the files that are shipped, loaded once into this process.
struct PluginFiles {
  host::Offer engine;
  host::Offer log;
  host::Offer replication;
  bool speaks_raft = false;  // the replication plugin is tenon's own, whose messages checkers can read

  // Where each of them is. Throws std::runtime_error with the reason.
  static PluginFiles load(const std::string& engine, const std::string& log, const std::string& replication);
};

// An instance, active. Throws std::runtime_error with the plugin's own words.
class ActivePlugin {
 public:
  ActivePlugin(const host::Offer& offer, host::Kind kind, const std::string& options_json,
               const std::string& data_dir, const host::HostServices& services);
  ~ActivePlugin();
  ActivePlugin(const ActivePlugin&) = delete;
  ActivePlugin& operator=(const ActivePlugin&) = delete;

  host::Instance& instance() { return *instance_; }

 private:
  std::unique_ptr<host::Instance> instance_;
};

}  // namespace tenon::sim
