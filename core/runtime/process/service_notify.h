#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tenon::runtime {

// Tells the service manager (systemd, or whatever set NOTIFY_SOCKET) how the broker is doing. Without one,
// every call succeeds and does nothing. Protocol: sd_notify(3). One thread at a time.
class ServiceNotify {
 public:
  // Reads NOTIFY_SOCKET and WATCHDOG_USEC from the environment.
  ServiceNotify();

  bool present() const { return !address_.empty(); }
  // How often the manager wants to hear watchdog() at the latest; 0: it does not watch.
  std::int64_t watchdog_ns() const { return watchdog_ns_; }

  Status ready() { return send("READY=1"); }
  // The configuration is being read again, since `now_ns` on the clock CLOCK_MONOTONIC; ready() ends it.
  Status reloading(MonoNs now_ns);
  Status stopping() { return send("STOPPING=1"); }
  Status watchdog() { return send("WATCHDOG=1"); }
  // One line for people, shown by the manager.
  Status status(std::string_view line);

 private:
  Status send(std::string_view message);

  std::string address_;  // empty: there is no manager
  std::int64_t watchdog_ns_ = 0;
};

}  // namespace tenon::runtime
