#pragma once

#include <map>
#include <string>
#include <vector>

#include "admin/sources/config_source.h"
#include "config/config.h"
#include "config/print.h"

namespace tenon::node {

// What of the configuration a node uses: that of its start, of which a reload replaces what can change at run
// time. Pure; not thread-safe.
class ConfigView {
 public:
  explicit ConfigView(const config::Config& at_start);

  // A configuration that was read again is in use, but for what needs a restart.
  void take(const config::Config& changed);

  admin::ConfigReport report() const;
  // What `files` say and what is in use.
  std::vector<admin::ConfigChange> changes_to(const config::Config& files) const;
  // The keys that wait for the next start.
  std::vector<std::string> waiting() const;

 private:
  struct Used {
    config::PrintedKey key;
    bool is_waiting = false;
  };
  std::vector<Used> used_;
  std::vector<std::string> waiting_new_;  // keys that are not in use at all yet
  std::vector<std::string> files_;
};

}  // namespace tenon::node
