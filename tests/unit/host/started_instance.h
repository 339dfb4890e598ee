#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fake_world.h"
#include "host/instance.h"

namespace tenon::host::test {

// Nobody else is there.
class NoNeighbours final : public Neighbours {
 public:
  Instance* find_transport(std::string_view) const override { return nullptr; }
  Instance* find_raw(const tenon_plugin*) const override { return nullptr; }
};

// An active instance of a plugin that is part of the test, started on all workers of the world.
class StartedInstance {
 public:
  StartedInstance(FakeWorld& world, Kind kind, const std::string& name,
                  const tenon_plugin_descriptor& descriptor)
      : world_(world) {
    PluginSpec spec;
    spec.instance = name;
    spec.kind = kind;
    instance_ = std::make_unique<Instance>(spec, Offer{&descriptor, "built-in"}, world.services(),
                                           5 * ns_per_ms, &neighbours_);
    EXPECT_TRUE(instance_->read_options().ok());
    EXPECT_TRUE(instance_->create().ok());
    EXPECT_TRUE(instance_->init().ok());
    EXPECT_TRUE(instance_->activate().ok());
    for (std::uint32_t w = 0; w < world.executor.worker_count(); ++w)
      world.executor.on_worker(w, [&] { EXPECT_TRUE(instance_->start_worker(w).ok()); });
  }
  ~StartedInstance() {
    for (std::uint32_t w = 0; w < world_.executor.worker_count(); ++w)
      world_.executor.on_worker(w, [&] { instance_->stop_worker(w); });
    instance_->deactivate();
  }
  StartedInstance(const StartedInstance&) = delete;
  StartedInstance& operator=(const StartedInstance&) = delete;
  Instance& operator*() { return *instance_; }
  Instance* operator->() { return instance_.get(); }
  Instance* get() { return instance_.get(); }

 private:
  FakeWorld& world_;
  NoNeighbours neighbours_;
  std::unique_ptr<Instance> instance_;
};

}  // namespace tenon::host::test
