#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "node/meta/meta_watch.h"

namespace tenon::node {

// A change of one value of `meta`, made if that is still the one that the change is meant for.
struct MetaEdit {
  std::string path;
  // Never the same for two changes: so is a command known that was applied twice. Empty: the value is taken
  // out.
  std::string value;
  std::optional<std::uint64_t> expected;  // the version; 0: there must be none; empty: whatever is there
  std::string who;                        // for the audit
};

// `then` is called once, later, when those that follow `meta` here have been told, with the version of the
// new value, or of the one that was taken out. not_found: there is nothing to take out; exists: it has
// another version. `meta` outlives it. On the control thread.
void edit_meta(MetaWatch& meta, MetaEdit edit, std::function<void(Result<std::uint64_t>&& version)> then);

}  // namespace tenon::node
