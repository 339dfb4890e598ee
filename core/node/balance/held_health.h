#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "host/ports.h"

namespace tenon::node {

// Keeps to itself what an instance reports of its health until it takes the place of another one of its name.
// Any thread.
class HeldHealth final : public host::HealthPort {
 public:
  // `port` outlives this.
  explicit HeldHealth(host::HealthPort& port) : port_(port) {}

  void report(std::string_view instance, host::PluginHealth state, std::string_view text) noexcept override {
    const std::lock_guard lock(mutex_);
    if (has_begun_)
      port_.report(instance, state, text);
    else
      last_ = Report{std::string(instance), state, std::string(text)};
  }
  // Passes on the last report, if there is one, and from now on all. More than once: nothing more.
  void begin() {
    const std::lock_guard lock(mutex_);
    has_begun_ = true;
    if (last_) port_.report(last_->instance, last_->state, last_->text);
    last_.reset();
  }

 private:
  struct Report {
    std::string instance;
    host::PluginHealth state;
    std::string text;
  };

  host::HealthPort& port_;
  std::mutex mutex_;
  bool has_begun_ = false;
  std::optional<Report> last_;
};

}  // namespace tenon::node
