#include "host/watch/breadcrumb.h"

namespace tenon::host {
namespace {
constinit thread_local Breadcrumb crumb;
}

Breadcrumb& this_thread_breadcrumb() {
  return crumb;
}

}  // namespace tenon::host
