// replication/raft: the groups of a node agree by the Raft algorithm. README.md is its manual.
#include <tenon/module.hpp>
#include <tenon/replication.hpp>

#include "driver/counters.h"
#include "driver/options.h"
#include "driver/options_schema.h"
#include "driver/replicator.h"

namespace tenon::raft {

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, nullptr};

class RaftReplication : public sdk::ReplicationPlugin<RaftReplication> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.replication-raft",
                                        .name = "raft",
                                        .version = TENON_VERSION,
                                        .config_schema_json = options_schema,
                                        .requires_host = requires_host};
  using Replicator = raft::Replicator;
  using ReplicationPlugin::ReplicationPlugin;

  void init() {
    options_ = read_options(config());
    counters_ = Counters::declare(metrics());
    health_ = sdk::Health(host());
  }
  std::unique_ptr<Replicator> open(const tenon_replication_open& open) {
    return std::make_unique<Replicator>(Replicator::Setup{options_, counters_, log(), health_}, open);
  }

 private:
  PluginOptions options_;
  Counters counters_;
  sdk::Health health_;
};

}  // namespace tenon::raft

TENON_CPP_MODULE(1, "org.tenon.replication-raft", TENON_VERSION, tenon::raft::RaftReplication)
