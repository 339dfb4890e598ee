#include "host/load/drafts.h"

#include <algorithm>
#include <vector>

#include "host/kind_tables.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

std::uint64_t draft_hash_of_id(std::string_view id) {
  for (std::size_t at = 0; at < kind_count; ++at)
    if (const auto kind = static_cast<Kind>(at); id == kind_id(kind)) return draft_hash_of(kind);
  const HostTable* table = find_host_table(id);
  return table ? table->draft_hash : 0;
}

// What is left of `number` without what the numbers of `basis` make up by XOR; 0: they make up all of it.
// REQUIRES: each of `basis` is what those before it have left.
std::uint64_t rest_of(std::uint64_t number, const std::vector<std::uint64_t>& basis) {
  for (const std::uint64_t known : basis) number = std::min(number, number ^ known);
  return number;
}

}  // namespace

std::uint64_t draft_hash_of(const std::set<std::string_view>& ids) {
  std::uint64_t hash = 0;
  for (const std::string_view id : ids) hash ^= draft_hash_of_id(id);
  return hash;
}

std::set<std::string_view> interfaces_of(const tenon_plugin_descriptor& descriptor) {
  std::set<std::string_view> ids = {descriptor.kind_id};
  for (std::size_t i = 0; descriptor.requires_host && descriptor.requires_host[i]; ++i)
    ids.insert(descriptor.requires_host[i]);
  return ids;
}

bool is_made_of_own_drafts(const ModuleNote& note) {
  std::vector<std::uint64_t> basis;
  for (const HostTable& table : host_tables())
    if (const std::uint64_t rest = rest_of(table.draft_hash, basis); rest != 0) basis.push_back(rest);
  return rest_of(note.draft_hash ^ draft_hash_of({note.kinds.begin(), note.kinds.end()}), basis) == 0;
}

}  // namespace tenon::host
