#include "setup.h"

#include <utility>

namespace tenon::auth_http {

std::shared_ptr<const Setup> load_setup(Options options) {
  auto setup = std::make_shared<Setup>();
  setup->service = http::load_service(options.service);
  setup->cache = std::make_unique<Cache>(options.cache_ttl_s * 1'000'000'000,
                                         static_cast<std::size_t>(options.cache_entries_max));
  setup->options = std::move(options);
  return setup;
}

}  // namespace tenon::auth_http
