#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "host/plugin_host.h"
#include "store/disk/engine.h"
#include "store/disk/journal.h"
#include "store/replica/replica.h"
#include "support/temp_dir.h"
#include "unit/host/fake_world.h"
#include "unit/store/unsynced_disk.h"

namespace tenon::store::test {

// The plugins that a store stands on, loaded as the broker loads them, over a directory that outlives them.
class PluginsUnderTest {
 public:
  // `storage`: "memory" or "sqlite".
  PluginsUnderTest(const std::string& directory, const std::string& storage) {
    std::vector<host::PluginSpec> specs;
    specs.push_back(spec(directory, host::Kind::storage, storage));
    specs.push_back(spec(directory, host::Kind::log, "segment"));
    specs.push_back(spec({}, host::Kind::replication, "raft"));
    host::LoadPolicy policy;
    policy.dirs = {STORAGE_MEMORY_DIR, STORAGE_SQLITE_DIR, LOG_SEGMENT_DIR, REPLICATION_RAFT_DIR};
    host::HostServices services = world_.services();
    services.disk = &disk_;
    auto loaded = host::PluginHost::load(std::move(specs), policy, services);
    if (!loaded.ok()) throw std::runtime_error(loaded.error().message);
    host_ = std::move(loaded).value();
    const Status active = host_->activate();
    if (!active.ok()) throw std::runtime_error(active.error().message);
    engine_ = std::make_unique<Engine>(Engine::open(*host_->find(host::Kind::storage, storage)).value());
    journal_ = Journal::open(*host_->find(host::Kind::log, "segment")).value();
  }
  ~PluginsUnderTest() {
    journal_.reset();
    engine_.reset();
    host_->deactivate();
  }

  Engine& engine() { return *engine_; }
  Journal& journal() { return *journal_; }
  UnsyncedDisk& disk() { return disk_; }
  Replication replication() {
    host::Instance* raft = host_->find(host::Kind::replication, "raft");
    return {&raft->replication(), raft->raw(), &raft->tag()};
  }

 private:
  static host::PluginSpec spec(const std::string& directory, host::Kind kind, const std::string& name) {
    host::PluginSpec spec;
    spec.instance = spec.plugin = name;
    spec.kind = kind;
    if (directory.empty()) return spec;
    spec.data_dir = directory + "/" + name;
    std::filesystem::create_directories(spec.data_dir);
    return spec;
  }

  host::test::FakeWorld world_{1};
  UnsyncedDisk disk_;
  std::unique_ptr<host::PluginHost> host_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Journal> journal_;
};

}  // namespace tenon::store::test
