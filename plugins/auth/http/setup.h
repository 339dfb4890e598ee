#pragma once

#include <memory>

#include "answer/cache.h"
#include "options.h"
#include "shared/http/service.h"

namespace tenon::auth_http {

// All that questions are asked with at one moment. A reload makes a new one, which has forgotten all answers.
struct Setup {
  Options options;
  http::Service service;
  std::unique_ptr<Cache> cache;  // locks for itself
};

// Reads the files of `options`. Throws a Failure that names the file. Blocks on the disk.
std::shared_ptr<const Setup> load_setup(Options options);

}  // namespace tenon::auth_http
