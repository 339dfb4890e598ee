#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "broker/traffic/traffic.h"
#include "node/traffic/traffic_report.h"

namespace tenon::node {

// What this node answers to those that ask for its report. All nodes ask every few seconds, and a report is
// work for as many tenants as there are: it is made anew once a second at most, or when something has changed
// that others have to hear at once. One thread.
class TrafficAnswer {
 public:
  static constexpr std::int64_t fresh_ns = ns_per_s;

  struct Basis {
    std::shared_ptr<const broker::Traffic::Orders> orders;
    bool lets_in = false;

    friend bool operator==(const Basis&, const Basis&) = default;
  };
  // Written; `make` is called for it when the last one does not hold any more.
  const std::string& text(const Basis& basis, MonoNs now_ns, const std::function<TrafficReport()>& make);

 private:
  Basis basis_;  // without orders: nothing was written
  MonoNs since_ns_ = 0;
  std::string text_;
};

}  // namespace tenon::node
