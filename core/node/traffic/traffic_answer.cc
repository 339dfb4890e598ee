#include "node/traffic/traffic_answer.h"

namespace tenon::node {

const std::string& TrafficAnswer::text(const Basis& basis, MonoNs now_ns,
                                       const std::function<TrafficReport()>& make) {
  if (basis_.orders && basis_ == basis && now_ns - since_ns_ < fresh_ns) return text_;
  text_ = write_traffic_report(make());
  basis_ = basis;
  since_ns_ = now_ns;
  return text_;
}

}  // namespace tenon::node
