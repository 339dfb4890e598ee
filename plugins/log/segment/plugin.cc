// log/segment: Raft logs in append-only segment files. README.md is its manual.
#include <tenon/data_dir.hpp>
#include <tenon/journal.hpp>
#include <tenon/module.hpp>
#include <tenon/random.hpp>

#include "segment/journal.h"
#include "segment/options.h"

namespace tenon::segment_log {

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, TENON_HOST_DATA_DIR_ID, TENON_HOST_DISK_ID,
                                         TENON_HOST_RANDOM_ID, nullptr};

class SegmentLog : public sdk::LogPlugin<SegmentLog> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.log-segment",
                                        .name = "segment",
                                        .version = TENON_VERSION,
                                        .config_schema_json = options_schema,
                                        .requires_host = requires_host};
  using Journal = segment_log::Journal;
  using LogPlugin::LogPlugin;

  void init() {
    options_ = read_options(config());
    dir_ = sdk::data_dir(host());
    counters_ = Counters::declare(metrics());
  }
  std::unique_ptr<Journal> open() {
    return std::make_unique<Journal>(Journal::Setup{sdk::Disk(host()), log(), sdk::Health(host()), counters_,
                                                    sdk::Random(host()).next(), dir_, options_});
  }

 private:
  std::string dir_;
  Options options_;
  Counters counters_;
};

}  // namespace tenon::segment_log

TENON_CPP_MODULE(1, "org.tenon.log-segment", TENON_VERSION, tenon::segment_log::SegmentLog)
