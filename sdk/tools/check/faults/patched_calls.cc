#include "faults/patched_calls.h"

#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace tenon::tools {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t address_types[] = {R_X86_64_JUMP_SLOT, R_X86_64_GLOB_DAT, R_X86_64_64};
#elif defined(__aarch64__)
constexpr std::uint32_t address_types[] = {R_AARCH64_JUMP_SLOT, R_AARCH64_GLOB_DAT, R_AARCH64_ABS64};
#else
constexpr std::uint32_t address_types[] = {0};
#endif

bool holds_address(std::uint64_t info) {
  for (const std::uint32_t type : address_types)
    if (ELF64_R_TYPE(info) == type) return true;
  return false;
}

// What the dynamic section of a loaded object says.
struct Dynamic {
  std::uintptr_t symbols = 0, strings = 0;
  struct Table {
    std::uintptr_t at = 0;
    std::size_t bytes = 0;
  } general, calls;
};

Dynamic read_dynamic(const dl_phdr_info& object) {
  Dynamic found;
  // The linker of glibc has made addresses of these; others leave them as they are in the file.
  const auto address = [&](std::uint64_t value) {
    return value < object.dlpi_addr ? object.dlpi_addr + value : value;
  };
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    if (object.dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + object.dlpi_phdr[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
      const std::uint64_t value = entry->d_un.d_val;
      if (entry->d_tag == DT_SYMTAB) found.symbols = address(value);
      if (entry->d_tag == DT_STRTAB) found.strings = address(value);
      if (entry->d_tag == DT_RELA) found.general.at = address(value);
      if (entry->d_tag == DT_RELASZ) found.general.bytes = value;
      if (entry->d_tag == DT_JMPREL) found.calls.at = address(value);
      if (entry->d_tag == DT_PLTRELSZ) found.calls.bytes = value;
    }
  }
  return found;
}

// The page may have been made read-only after relocation.
void overwrite(std::uintptr_t place, void* address) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  void* const begin = reinterpret_cast<void*>(place & ~(page - 1));
  if (::mprotect(begin, page, PROT_READ | PROT_WRITE) != 0) return;
  std::memcpy(reinterpret_cast<void*>(place), &address, sizeof address);
}

std::size_t patch_table(const dl_phdr_info& object, const Dynamic& dynamic, const Dynamic::Table& table,
                        const std::vector<CallPatch>& patches) {
  if (table.at == 0 || dynamic.symbols == 0 || dynamic.strings == 0) return 0;
  std::size_t changed = 0;
  const auto* const relocations = reinterpret_cast<const ElfW(Rela)*>(table.at);
  const auto* const symbols = reinterpret_cast<const ElfW(Sym)*>(dynamic.symbols);
  for (std::size_t i = 0; i < table.bytes / sizeof(ElfW(Rela)); ++i) {
    if (!holds_address(relocations[i].r_info)) continue;
    const ElfW(Sym)& symbol = symbols[ELF64_R_SYM(relocations[i].r_info)];
    if (symbol.st_shndx != SHN_UNDEF) continue;  // a function of its own by that name
    const std::string_view name(reinterpret_cast<const char*>(dynamic.strings) + symbol.st_name);
    for (const CallPatch& patch : patches) {
      if (patch.name != name) continue;
      overwrite(object.dlpi_addr + relocations[i].r_offset, patch.replacement);
      ++changed;
    }
  }
  return changed;
}

struct Walk {
  const std::function<bool(std::string_view)>& concerns;
  const std::vector<CallPatch>& patches;
  std::size_t changed = 0;
};

int patch_object(dl_phdr_info* object, std::size_t, void* user) {
  Walk& walk = *static_cast<Walk*>(user);
  if (!walk.concerns(object->dlpi_name)) return 0;
  const Dynamic dynamic = read_dynamic(*object);
  walk.changed += patch_table(*object, dynamic, dynamic.general, walk.patches);
  walk.changed += patch_table(*object, dynamic, dynamic.calls, walk.patches);
  return 0;
}

}  // namespace

std::size_t patch_calls(const std::function<bool(std::string_view path)>& concerns,
                        const std::vector<CallPatch>& patches) {
  Walk walk{concerns, patches};
  ::dl_iterate_phdr(patch_object, &walk);
  return walk.changed;
}

std::vector<std::string> loaded_objects() {
  std::vector<std::string> paths;
  ::dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* user) {
        static_cast<std::vector<std::string>*>(user)->emplace_back(object->dlpi_name);
        return 0;
      },
      &paths);
  return paths;
}

}  // namespace tenon::tools
