// Which bug the mutated raft plugin has: the one that TENON_RAFT_MUTATION names when the file is loaded.
#include <cstdlib>
#include <string_view>

#include "algorithm/parts/mutation.h"

namespace tenon::raft {
namespace {

Mutation chosen() {
  const char* name = std::getenv("TENON_RAFT_MUTATION");
  if (name == nullptr) return Mutation::none;
#define TENON_RAFT_CHOICE(mutation) \
  if (std::string_view(name) == #mutation) return Mutation::mutation;
  TENON_RAFT_MUTATION_LIST(TENON_RAFT_CHOICE)
#undef TENON_RAFT_CHOICE
  std::abort();
}

[[maybe_unused]] const bool is_chosen = (active_mutation = chosen(), true);

}  // namespace
}  // namespace tenon::raft
