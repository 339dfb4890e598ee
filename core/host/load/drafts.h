#pragma once

#include <tenon/abi/module.h>

#include <cstdint>
#include <set>
#include <string_view>

#include "host/load/elf_note.h"

namespace tenon::host {

// Drafts as notes and descriptors number them: the XOR of the hashes of those in use, each once. 0: none.

// The number of these interfaces, ids of kinds and of host tables. Those that are stable, or that this broker
// does not have, count nothing.
std::uint64_t draft_hash_of(const std::set<std::string_view>& ids);

// The kind of a plugin and the host tables that it requires.
// REQUIRES: the descriptor is complete.
std::set<std::string_view> interfaces_of(const tenon_plugin_descriptor& descriptor);

// Whether the number of a note is that of its kinds and some choice of host tables, as this broker has them.
// Which tables a note does not say; another draft passes for a choice of these once in 2^50 times.
bool is_made_of_own_drafts(const ModuleNote& note);

}  // namespace tenon::host
