#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace tenon::host {

// What a module says of itself before it is loaded (tenon_note, abi/module.h).
struct ModuleNote {
  std::uint32_t generation = 0;
  std::uint32_t level_required = 0;
  std::uint64_t draft_hash = 0;
  std::vector<std::string_view> kinds;  // views into the file's bytes
};

enum class ElfFault : std::uint8_t {
  not_elf,       // does not begin as an ELF file
  truncated,     // a header or note lies behind the end of the file, or its notes are longer than the file
  architecture,  // not a 64-bit shared object for this processor
  no_note,       // no note of tenon's
  bad_note,      // a note of tenon's that is too short, not terminated, or there twice
};

// Finds the note in the bytes of a shared object, by its program headers alone, so that a stripped file
// works. Trusts nothing in them. Later, larger notes are read as far as they are known. Pure; time is linear
// in the size of the file.
std::variant<ModuleNote, ElfFault> read_module_note(Bytes file);

}  // namespace tenon::host
