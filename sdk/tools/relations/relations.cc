#include "relations/relations.h"

#include <tenon/draft/hash.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "host/load/drafts.h"
#include "plugin_file.h"

namespace tenon::tools {

namespace {

// Every draft of draft/hash.h; the build names them.
constexpr std::array drafts = {TENON_DRAFTS};

// One number for all of them: any change of any draft changes it.
constexpr std::uint64_t all_drafts() {
  std::uint64_t hash = 0;
  for (const std::uint64_t draft : drafts) hash ^= draft;
  return hash;
}

std::string abi_relation(PackageKind kind, const char* relation, std::uint32_t level) {
  const std::string name = "plugin-abi-" + std::to_string(TENON_ABI_GENERATION);
  const std::string bound = std::string(relation) + " " + std::to_string(level);
  return kind == PackageKind::deb ? "tenon-" + name + " (" + bound + ")" : "tenon(" + name + ") " + bound;
}

std::string drafts_relation(PackageKind kind) {
  const std::string name = "plugin-drafts-" + hex(all_drafts()).substr(2);
  return kind == PackageKind::deb ? "tenon-" + name : "tenon(" + name + ")";
}

}  // namespace

std::optional<PackageKind> package_kind(std::string_view name) {
  if (name == "deb") return PackageKind::deb;
  if (name == "rpm") return PackageKind::rpm;
  return std::nullopt;
}

std::vector<std::string> provided_relations(PackageKind kind) {
  return {abi_relation(kind, "=", TENON_ABI_LEVEL), drafts_relation(kind)};
}

Result<std::vector<std::string>> needed_relations(PackageKind kind, std::span<const host::ModuleNote> notes) {
  if (notes.empty()) return std::vector<std::string>();
  std::uint32_t level = 0;
  bool uses_drafts = false;
  for (const host::ModuleNote& note : notes) {
    if (note.generation != TENON_ABI_GENERATION)
      return Error{Errc::invalid, "is of generation " + std::to_string(note.generation) +
                                      ", this SDK is of " + std::to_string(TENON_ABI_GENERATION)};
    if (!host::is_made_of_own_drafts(note))
      return Error{Errc::invalid, "uses drafts (" + hex(note.draft_hash) +
                                      ") that are not those of this SDK; build it with the SDK that is "
                                      "installed here"};
    level = std::max(level, note.level_required);
    uses_drafts = uses_drafts || note.draft_hash != 0;
  }
  std::vector<std::string> relations = {abi_relation(kind, ">=", level)};
  if (uses_drafts) relations.push_back(drafts_relation(kind));
  return relations;
}

}  // namespace tenon::tools
