#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace tenon::tools {

// What the dynamic linker will find in a shared object.
struct ElfSummary {
  std::vector<std::string> needed;          // DT_NEEDED
  std::vector<std::string> search_paths;    // DT_RPATH, DT_RUNPATH
  std::vector<std::string> exported;        // names of defined dynamic symbols
  std::vector<std::string> unique_symbols;  // those of them that are one in the whole process
  bool text_relocations = false;
  bool executable_stack = false;
  bool static_tls = false;  // takes thread-local storage that the process has little of
  std::uint64_t tls_bytes = 0;
};

// Reads the file's dynamic section and dynamic symbols. Empty when the file is no 64-bit ELF file of this
// byte order, or damaged: a text without an end, or of more than 4 KiB, or texts with more bytes in all than
// the file has. Reads nothing outside of `file`, and takes no more memory than a few times its size.
std::optional<ElfSummary> summarize_elf(Bytes file);

}  // namespace tenon::tools
