#include "check_host.h"

#include <latch>

#include "known_kinds.h"

namespace tenon::tools {

CheckHost::CheckHost(const std::string& dir) : data_dir_(dir + "/data") {
  threads_ = std::move(runtime::WorkerGroup::create({.worker_count = worker_count, .pool = {}})).value();
  TENON_BUG(threads_->start().ok(), "no threads");
}

CheckHost::~CheckHost() {
  threads_->stop();
}

Result<std::unique_ptr<host::Instance>> CheckHost::make(const tenon_plugin_descriptor& descriptor,
                                                        const std::string& file,
                                                        const std::string& options_json,
                                                        const std::string& data_dir) {
  host::PluginSpec spec;
  spec.instance = "check";
  spec.kind = *known_kind(descriptor);
  spec.options_json = options_json;
  spec.data_dir = data_dir.empty() ? data_dir_ : data_dir;
  const host::Neighbours* const nobody = this;
  auto instance = std::make_unique<host::Instance>(
      std::move(spec), host::Offer{&descriptor, file},
      host::HostServices{other_clock_ ? other_clock_ : &clock_, &random_, other_disk_ ? other_disk_ : &disk_,
                         threads_.get(), this, this, this},
      ns_per_s, nobody);
  if (Status s = instance->read_options(); !s) return s.error();
  return instance;
}

void CheckHost::without_workers(const std::function<void()>& fn) {
  struct Doors {
    std::latch in{worker_count}, out{1};
  };
  const auto doors = std::make_shared<Doors>();
  for (std::uint32_t i = 0; i < worker_count; ++i)
    threads_->post(i, make_task([doors] {
                     doors->in.count_down();
                     doors->out.wait();
                   }));
  doors->in.wait();
  fn();
  doors->out.count_down();
}

void CheckHost::fill_pool() {
  constexpr std::uint32_t count = runtime::BlockingPoolOptions{}.threads_max;
  const auto all_there = std::make_shared<std::latch>(count);
  for (std::uint32_t i = 0; i < count; ++i)
    TENON_BUG(threads_->post_blocking(make_task([all_there] { all_there->arrive_and_wait(); })),
              "no threads");
  all_there->wait();
}

bool CheckHost::serve_until(const std::atomic<bool>& done, std::int64_t patience_ns) {
  bool gave_up = false;
  runtime::ControlLoop& control = threads_->control();
  struct Wait {
    runtime::ControlLoop& control;
    const std::atomic<bool>& done;
    bool& gave_up;
    std::int64_t left_ns;
    static void tick(void* user) {
      constexpr std::int64_t step_ns = 5 * ns_per_ms;
      Wait& self = *static_cast<Wait*>(user);
      self.left_ns -= step_ns;
      self.gave_up = self.left_ns <= 0;
      if (self.done || self.gave_up) return self.control.quit();
      self.control.reactor().start_timer(step_ns, tick, user);
    }
  } wait{control, done, gave_up, patience_ns};
  control.reactor().start_timer(0, Wait::tick, &wait);
  control.run();
  return done;
}

}  // namespace tenon::tools
