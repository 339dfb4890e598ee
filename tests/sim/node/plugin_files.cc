#include "sim/node/plugin_files.h"

#include <stdexcept>

#include "support/plugin_module.h"

namespace tenon::sim {
namespace {

constexpr std::int64_t call_budget_ns = ns_per_s;

host::Offer offer_of(const std::string& path, host::Kind kind) {
  host::Offer offer;
  offer.descriptor = &test::PluginModule(path).plugin_of_kind(host::kind_id(kind));
  offer.file = path;
  offer.level_built = TENON_ABI_LEVEL;
  return offer;
}

class NoNeighbours final : public host::Neighbours {
 public:
  host::Instance* find_transport(std::string_view) const override { return nullptr; }
  host::Instance* find_raw(const tenon_plugin*) const override { return nullptr; }
};

void require(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.error().message);
}

}  // namespace

PluginFiles PluginFiles::load(const std::string& engine, const std::string& log,
                              const std::string& replication) {
  PluginFiles files{offer_of(engine, host::Kind::storage), offer_of(log, host::Kind::log),
                    offer_of(replication, host::Kind::replication), false};
  files.speaks_raft = std::string_view(files.replication.descriptor->name) == "raft";
  return files;
}

ActivePlugin::ActivePlugin(const host::Offer& offer, host::Kind kind, const std::string& options_json,
                           const std::string& data_dir, const host::HostServices& services) {
  static const NoNeighbours no_neighbours;
  host::PluginSpec spec;
  spec.instance = std::string(host::to_string(kind));
  spec.kind = kind;
  spec.options_json = options_json;
  spec.data_dir = data_dir;
  instance_ =
      std::make_unique<host::Instance>(std::move(spec), offer, services, call_budget_ns, &no_neighbours);
  require(instance_->read_options());
  require(instance_->create());
  require(instance_->init());
  require(instance_->activate());
}

ActivePlugin::~ActivePlugin() {
  if (instance_ && instance_->life() == host::Life::active) instance_->deactivate();
}

}  // namespace tenon::sim
