#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/load/elf_note.h"

namespace tenon::tools {

// Relations of packages, in the words of one kind of package manager: a broker provides the generation of the
// ABI with its level, and the drafts that it has; a plugin needs the generation with at least its level, and,
// when it uses drafts, exactly those drafts.
enum class PackageKind : std::uint8_t { deb, rpm };

// "deb" or "rpm".
std::optional<PackageKind> package_kind(std::string_view name);

// What a package with a broker of this SDK's version provides, one relation each.
std::vector<std::string> provided_relations(PackageKind kind);

// What a package needs that holds plugins with these notes, without repetition. Failure: invalid (a note is
// of another generation, or bound to drafts that no choice of this SDK's drafts makes up: the plugin was
// built with another SDK).
Result<std::vector<std::string>> needed_relations(PackageKind kind, std::span<const host::ModuleNote> notes);

}  // namespace tenon::tools
