#pragma once

#include <memory>

#include <tenon/random.hpp>

#include "options.h"
#include "realm.h"
#include "verification_cache.h"

namespace tenon::auth_file {

// All that decides about logins at one moment. Immutable and shared: a reload makes a new one.
struct Setup {
  Options options;
  std::shared_ptr<const Realm> realm;
  std::shared_ptr<VerificationCache> cache;  // null: switched off
};

// What an operator should hear about files that were read.
struct LoadWarnings {
  std::size_t weak_count = 0;  // users with a scheme that guessing breaks soon
  bool passwords_readable_by_others = false;
  bool scram_without_secret = false;
};

// Reads both files of `options`. Parts that are as they were in `before` (null: there is none) are shared
// with it. Throws a Failure that names file and line. Blocks on the disk.
std::shared_ptr<const Setup> load_setup(Options options, const Setup* before, const sdk::Random& random,
                                        LoadWarnings* ret_warnings);

}  // namespace tenon::auth_file
