#include <tenon/draft/balancer.h>
#include <tenon/draft/events.h>
#include <tenon/draft/filter.h>
#include <tenon/draft/intercept.h>
#include <tenon/draft/log.h>
#include <tenon/draft/replication.h>
#include <tenon/draft/storage.h>
#include <tenon/draft/transport.h>
#include <tenon/kind/auth.h>

#include <cstdint>
#include <ctime>
#include <iterator>

#include "base/clock.h"
#include "check.h"
#include "elf_summary.h"
#include "host/load/drafts.h"
#include "host/load/shared_object.h"
#include "replication/replication_checks.h"
#include "threads/call_timer.h"
#include "transport/transport_checks.h"

namespace tenon::tools {
namespace {

constexpr std::uint64_t static_tls_bytes_max = 256;
constexpr std::int64_t load_ms_max = 100;
constexpr std::int64_t load_wait_ms_max = 2000;

std::string join(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : " ") + word;
  return all;
}

// What reading the file itself says, before its note is asked for.
Finding check_format(const Subject& subject) {
  const auto note = host::read_module_note(subject.file.bytes);
  const auto* fault = std::get_if<host::ElfFault>(&note);
  if (fault && *fault != host::ElfFault::no_note && *fault != host::ElfFault::bad_note)
    return fail(describe_fault(*fault));
  return summarize_elf(subject.file.bytes) ? pass() : fail("has no dynamic section that could be read");
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
                    std::to_string(TENON_ABI_LEVEL),
                "take the kit of that level, or require less");
  if (!host::is_made_of_own_drafts(found))
    return fail("built against other drafts than those of this kit",
                "compile it against the headers of the broker that it is for");
  return pass("needs level " + std::to_string(found.level_required));
}

Finding check_exports(const ElfSummary& elf) {
  if (elf.exported == std::vector<std::string>{TENON_ENTRY_NAME}) return pass();
  if (elf.exported.empty())
    return fail("exports nothing", "define " TENON_ENTRY_NAME ", and mark it TENON_EXPORT");
  return fail("exports " + std::to_string(elf.exported.size()) +
              " symbols, only " TENON_ENTRY_NAME " is allowed: " + join(elf.exported));
}

Finding check_unique(const ElfSummary& elf) {
  return elf.unique_symbols.empty()
             ? pass()
             : fail("has symbols that are one in the whole process: " + join(elf.unique_symbols));
}

Finding check_text(const ElfSummary& elf) {
  return elf.text_relocations ? fail("needs relocations of its code") : pass();
}

Finding check_stack(const ElfSummary& elf) {
  return elf.executable_stack ? fail("asks for an executable stack") : pass();
}

Finding check_paths(const ElfSummary& elf) {
  return elf.search_paths.empty() ? pass() : fail("has a library search path: " + join(elf.search_paths));
}

Finding check_tls(const ElfSummary& elf) {
  if (elf.static_tls && elf.tls_bytes >= static_tls_bytes_max)
    return fail("takes " + std::to_string(elf.tls_bytes) + " bytes of static thread-local storage");
  return pass(std::to_string(elf.tls_bytes) + " bytes of thread-local storage" +
              (elf.static_tls ? ", static" : ""));
}

Finding check_needed(const ElfSummary& elf) {
  std::vector<std::string> paths;
  for (const std::string& name : elf.needed)
    if (name.find('/') != std::string::npos) paths.push_back(name);
  return paths.empty() ? pass("needs " + join(elf.needed)) : fail("needs a library by path: " + join(paths));
}

Finding check_load(const Subject& subject) {
  const CallTimer timer;
  const std::clock_t began = std::clock();  // of all threads of this check's own process
  const auto loaded = host::load_shared_object(subject.file.path);
  const std::int64_t took_ms = (std::clock() - began) / (CLOCKS_PER_SEC / 1000);
  const std::int64_t waited_ms = timer.since().slept_ns / ns_per_ms;
  if (!loaded) return fail(loaded.error().message);
  const char* const repair = "move work out of constructors into init";
  // A disk that is slow to give the file says nothing of the plugin, as long as it is no more than that.
  if (waited_ms > load_wait_ms_max)
    return warn("waited for " + std::to_string(waited_ms) + " ms while it was loaded", repair);
  const std::string words = "took " + std::to_string(took_ms) + " ms of processor time to load";
  return took_ms > load_ms_max ? warn(words, repair) : pass(words);
}

// A check of what summarize_elf() finds.
template <Finding (*look)(const ElfSummary&)>
Finding on_summary(const Subject& subject) {
  const auto elf = summarize_elf(subject.file.bytes);
  return elf ? look(*elf) : skip("can't be read");
}

}  // namespace

std::vector<Check> elf_checks() {
  return {
      {"elf.format",
       "is a shared object for this processor with readable dynamic section and symbols",
       "name the .so file that the linker made, whole, for this kind of machine",
       {},
       check_format},
      {"elf.note",
       "carries the ELF note .note.tenon, once, of a generation, level and drafts that this kit knows",
       "put TENON_MODULE_NOTE or TENON_CPP_MODULE into one source file of the module",
       {"elf.format"},
       check_note},
      {"elf.exports",
       "exports " TENON_ENTRY_NAME " and nothing else",
       "link with the version script plugin.map of the SDK",
       {"elf.format"},
       on_summary<check_exports>},
      {"elf.unique-symbols",
       "has no symbol of binding STB_GNU_UNIQUE",
       "compile with -fno-gnu-unique, link with plugin.map",
       {"elf.format"},
       on_summary<check_unique>},
      {"elf.text-relocations",
       "needs no relocation of its code",
       "compile everything in it, static libraries too, with -fPIC",
       {"elf.format"},
       on_summary<check_text>},
      {"elf.executable-stack",
       "asks for no executable stack",
       "link with -z noexecstack; give assembler files a .note.GNU-stack section",
       {"elf.format"},
       on_summary<check_stack>},
      {"elf.search-paths",
       "has no DT_RPATH or DT_RUNPATH",
       "link without -rpath; install libraries where the system looks for them, or link them statically",
       {"elf.format"},
       on_summary<check_paths>},
      {"elf.static-tls",
       "takes less than 256 bytes of static thread-local storage",
       "compile with -ftls-model=global-dynamic, or allocate large per-thread state",
       {"elf.format"},
       on_summary<check_tls>},
      {"elf.needed",
       "names the libraries that it needs without a path; the report lists them",
       "link with a library that has a plain soname",
       {"elf.format"},
       on_summary<check_needed>},
      {"elf.loads",
       "loads with RTLD_NOW and RTLD_LOCAL",
       "link with -z defs, which shows at build time what is missing, and name every library it uses",
       {"elf.note"},
       check_load},
  };
}

std::vector<Check> for_kind(std::string_view kind, std::vector<Check> checks) {
  for (Check& check : checks) check.kind = kind;
  return checks;
}

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (auto group : {elf_checks(),
                     entry_checks(),
                     lifecycle_checks(),
                     process_checks(),
                     compat_checks(),
                     for_kind(TENON_AUTH_ID, auth_checks()),
                     for_kind(TENON_AUTH_ID, auth_load_checks()),
                     for_kind(TENON_AUTH_ID, permission_checks()),
                     for_kind(TENON_BALANCER_ID, balancer_checks()),
                     for_kind(TENON_STORAGE_ID, storage_checks()),
                     for_kind(TENON_STORAGE_ID, storage_fault_checks()),
                     for_kind(TENON_LOG_ID, journal_checks()),
                     for_kind(TENON_FILTER_ID, filter_checks()),
                     for_kind(TENON_TRANSPORT_ID, transport_checks()),
                     for_kind(TENON_TRANSPORT_ID, transport_end_checks()),
                     for_kind(TENON_REPLICATION_ID, replication_checks()),
                     for_kind(TENON_EVENTS_ID, events_checks()),
                     for_kind(TENON_INTERCEPT_ID, intercept_checks()),
                     thread_checks(),
                     fault_checks()})
    all.insert(all.end(), std::make_move_iterator(group.begin()), std::make_move_iterator(group.end()));
  return all;
}

}  // namespace tenon::tools
