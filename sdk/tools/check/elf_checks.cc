#include <chrono>

#include "check.h"
#include "elf_summary.h"
#include "host/load/shared_object.h"

namespace tenon::tools {
namespace {

constexpr std::uint64_t static_tls_bytes_max = 256;
constexpr int load_ms_max = 100;

std::string join(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : " ") + word;
  return all;
}

Finding check_note(const Subject& subject) {
  const auto note = host::read_module_note(subject.file.bytes);
  if (const auto* fault = std::get_if<host::ElfFault>(&note)) return fail(describe_fault(*fault));
  const auto& found = std::get<host::ModuleNote>(note);
  if (found.generation != TENON_ABI_GENERATION)
    return fail("of ABI generation " + std::to_string(found.generation) + ", this kit knows " +
                std::to_string(TENON_ABI_GENERATION));
  if (found.level_required > TENON_ABI_LEVEL)
    return fail("needs ABI level " + std::to_string(found.level_required) + ", this kit knows " +
                std::to_string(TENON_ABI_LEVEL));
  return pass("needs level " + std::to_string(found.level_required));
}

// A check of what summarize_elf() finds.
template <class Look>
Check elf_check(std::string name, Look look) {
  return {std::move(name), [look](const Subject& subject) {
            const auto elf = summarize_elf(subject.file.bytes);
            return elf ? look(*elf) : fail("has no dynamic section that could be read");
          }};
}

Finding check_exports(const ElfSummary& elf) {
  if (elf.exported == std::vector<std::string>{TENON_ENTRY_NAME}) return pass();
  if (elf.exported.empty())
    return fail("exports nothing: " TENON_ENTRY_NAME " must be visible (TENON_EXPORT)");
  return fail("exports " + std::to_string(elf.exported.size()) +
              " symbols, only " TENON_ENTRY_NAME " is allowed: link with plugin.map");
}

Finding check_unique(const ElfSummary& elf) {
  return elf.unique_symbols.empty()
             ? pass()
             : fail("has unique symbols, which plugins would share: build with -fno-gnu-unique");
}

Finding check_text(const ElfSummary& elf) {
  return elf.text_relocations ? fail("needs relocations of its code: build everything in it with -fPIC")
                              : pass();
}

Finding check_stack(const ElfSummary& elf) {
  return elf.executable_stack ? fail("asks for an executable stack: link with -z noexecstack") : pass();
}

Finding check_paths(const ElfSummary& elf) {
  return elf.search_paths.empty() ? pass()
                                  : fail("has a library search path (" + join(elf.search_paths) + ")");
}

Finding check_tls(const ElfSummary& elf) {
  if (elf.static_tls && elf.tls_bytes >= static_tls_bytes_max)
    return fail("takes " + std::to_string(elf.tls_bytes) +
                " bytes of static thread-local storage: build with -ftls-model=global-dynamic");
  return pass(std::to_string(elf.tls_bytes) + " bytes of thread-local storage");
}

Finding check_load(const Subject& subject) {
  const auto began = std::chrono::steady_clock::now();
  const auto loaded = host::load_shared_object(subject.file.path);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  if (!loaded) return fail(loaded.error().message);
  const std::string detail = "loaded in " + std::to_string(took) + " ms";
  return took > load_ms_max ? warn(detail + ": move work out of constructors into init") : pass(detail);
}

}  // namespace

std::vector<Check> elf_checks() {
  return {
      {"elf.note", check_note},
      elf_check("elf.exports", check_exports),
      elf_check("elf.unique-symbols", check_unique),
      elf_check("elf.text-relocations", check_text),
      elf_check("elf.executable-stack", check_stack),
      elf_check("elf.search-paths", check_paths),
      elf_check("elf.static-tls", check_tls),
      elf_check("elf.needed", [](const ElfSummary& elf) { return pass(join(elf.needed)); }),
      {"elf.loads", check_load},
  };
}

}  // namespace tenon::tools
