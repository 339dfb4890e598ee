#include "admin/http/link_times.h"

namespace tenon::admin {

namespace {

MonoNs longest(LinkTimes::Doing doing) {
  switch (doing) {
    case LinkTimes::Doing::opening:
      return LinkTimes::opening_ns_max;
    case LinkTimes::Doing::idle:
      return LinkTimes::idle_ns_max;
    case LinkTimes::Doing::receiving:
      return LinkTimes::receiving_ns_max;
    case LinkTimes::Doing::working:
      return LinkTimes::working_ns_max;
    case LinkTimes::Doing::sending:
      return LinkTimes::sending_ns_max;
  }
  return 0;
}

}  // namespace

void LinkTimes::does(Doing doing, bool has_head, MonoNs now) {
  const bool nothing_asked = doing == Doing::idle || (doing == Doing::receiving && !has_head);
  if (doing_ == Doing::opening && nothing_asked) return;
  if (doing == doing_) return;
  doing_ = doing;
  since_ns_ = now;
}

LinkTimes::Verdict LinkTimes::look(MonoNs now) const {
  if (now - since_ns_ <= longest(doing_)) return Verdict::stays;
  return doing_ == Doing::working ? Verdict::answer : Verdict::close;
}

}  // namespace tenon::admin
