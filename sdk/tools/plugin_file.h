#pragma once

#include <tenon/abi/module.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/load/elf_note.h"

namespace tenon::tools {

// A file given on the command line: its bytes, and what loading it says. Path rules of the broker do not hold
// here.
struct PluginFile {
  std::string path;  // absolute
  std::vector<std::uint8_t> bytes;
};

Result<PluginFile> read_plugin_file(const std::string& path);

// The note in words, or what is wrong with it.
std::string describe_fault(host::ElfFault fault);

// Loads the file and asks its entry, as a host of the given level with the given flags. Runs the file's code.
// The module may be null: the entry refused.
Result<const tenon_module*> ask_entry(const std::string& path, std::uint32_t level = TENON_ABI_LEVEL,
                                      std::uint32_t flags = TENON_BOOT_PROBE);

// "0x0123456789abcdef"
std::string hex(std::uint64_t value);

}  // namespace tenon::tools
