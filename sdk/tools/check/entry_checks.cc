#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "check.h"
#include "host/kind_tables.h"
#include "host/load/module_check.h"
#include "host/tables/host_tables.h"
#include "host/tables/json_schema.h"
#include "known_kinds.h"
#include "process_state.h"

namespace tenon::tools {
namespace {

// The module of the file, or the finding that there is none.
template <class Look>
Finding with_module(const Subject& subject, Look&& look) {
  const auto module = ask_entry(subject.file.path);
  if (!module) return fail(module.error().message);
  if (!*module) return fail("the entry refused a host of level " + std::to_string(TENON_ABI_LEVEL));
  return look(**module);
}

// A refusal of the broker (host/load/refusal.h) without what surrounds its reason: the instance and the file
// before it, the advice to an operator after it.
std::string reason_of(const Error& refusal, const std::string& file) {
  const std::string& line = refusal.message;
  const std::size_t at = line.find(file);
  const std::size_t begin = at == std::string::npos ? 0 : at + file.size() + 2;
  return line.substr(begin, line.rfind("; ") - begin);
}

// The broker's own check of the module.
Finding check_module(const Subject& subject) {
  const auto module = ask_entry(subject.file.path);
  if (!module) return fail(module.error().message);
  const auto note = host::read_module_note(subject.file.bytes);
  host::PluginSpec spec;
  spec.instance = "check";
  const Status s = host::check_module(spec, subject.file.path, *module, std::get<host::ModuleNote>(note));
  return s ? pass() : fail(reason_of(s.error(), subject.file.path));
}

Finding check_side_effects(const Subject& subject) {
  // Where a file lands that somebody makes without much thought.
  for (const char* variable : {"HOME", "TMPDIR", "XDG_RUNTIME_DIR"})
    ::setenv(variable, subject.scratch_dir.c_str(), 1);
  if (::chdir(subject.scratch_dir.c_str()) != 0) return skip("its scratch directory is gone");
  const ProcessState before = ProcessState::now();
  if (const auto module = ask_entry(subject.file.path); !module) return fail(module.error().message);
  std::string found = left_since(before);
  for (const auto& entry : std::filesystem::directory_iterator(subject.scratch_dir))
    found += (found.empty() ? "" : ", ") + ("made the file " + entry.path().filename().string());
  return found.empty() ? pass() : fail("loading it and asking its entry " + found);
}

Finding check_twice(const Subject& subject) {
  return with_module(subject, [&](const tenon_module& first) {
    const auto again = ask_entry(subject.file.path);
    return again && *again == &first ? pass() : fail("the entry gives another module when asked again");
  });
}

// A host of the future: a higher level, a larger bootstrap, flags that nobody knows yet.
Finding check_newer_host(const Subject& subject) {
  const auto module = ask_entry(subject.file.path, TENON_ABI_LEVEL + 1'000, ~0u);
  if (!module) return fail(module.error().message);
  return *module ? pass() : fail("the entry refuses a newer host");
}

Finding check_two_copies(const Subject& subject) {
  const std::string copy = subject.scratch_dir + "/copy.so";
  std::filesystem::copy_file(subject.file.path, copy);
  const auto first = ask_entry(subject.file.path);
  const auto second = ask_entry(copy);
  if (!first || !second)
    return fail("a copy does not load beside it: " + (first ? second : first).error().message);
  if (!*second) return fail("the entry of a copy refuses the host");
  return *first != *second ? pass() : fail("two copies share their data");
}

bool is_interface_id(std::string_view id) {
  const std::size_t slash = id.rfind('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < id.size() &&
         id.find_first_not_of("0123456789", slash + 1) == std::string_view::npos &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_/") == std::string_view::npos;
}

// How it is named.
Finding check_names(const tenon_plugin_descriptor& d) {
  const std::string name = d.name;
  if (!is_interface_id(d.kind_id))
    return fail(name + ": \"" + d.kind_id + "\" is no kind of the form name/1");
  if (std::string_view(d.plugin_id).find('.') == std::string_view::npos)
    return fail(name + ": the id \"" + d.plugin_id + "\" is not unique in the world",
                "use a reversed domain name of yours");
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != std::string::npos)
    return fail("the name \"" + name + "\" can't be used in conf.d", "use [a-z0-9_-]+");
  return pass();
}

// What it needs, in the eyes of the broker: host tables, drafts.
Finding check_needs(const Subject& subject, const tenon_module& module, const tenon_plugin_descriptor& d) {
  for (std::size_t i = 0; d.requires_host && d.requires_host[i]; ++i)
    if (!host::find_host_table(d.requires_host[i]))
      return fail(std::string(d.name) + ": no broker of this version has " + d.requires_host[i],
                  "take out of requires_host what it can do without, or take the kit that knows it");
  host::PluginSpec spec;
  spec.instance = "check";
  spec.plugin = d.name;
  spec.kind = *known_kind(d);
  const auto found = host::find_descriptor(spec, subject.file.path, module);
  return found ? pass()
               : fail(std::string(d.name) + ": " + reason_of(found.error(), subject.file.path),
                      "compile it against the headers of the broker that it is for");
}

Finding check_descriptors(const Subject& subject) {
  return with_module(subject, [&](const tenon_module& module) {
    std::set<std::string> ids;
    std::uint32_t known = 0;
    for (std::uint32_t i = 0; i < module.plugin_count; ++i) {
      const tenon_plugin_descriptor& d = *module.plugins[i];
      if (!ids.insert(d.plugin_id).second)
        return fail(std::string("two plugins have the id ") + d.plugin_id, "give each an id of its own");
      Finding one = check_names(d);
      if (one.verdict == Verdict::pass && known_kind(d)) one = check_needs(subject, module, d);
      if (one.verdict != Verdict::pass) return one;
      known += known_kind(d) ? 1 : 0;
    }
    if (known == 0)
      return fail("no plugin of a kind that this kit knows", "take the kit that knows the kind");
    if (known < module.plugin_count)
      return warn("plugins of kinds that this kit does not know are not made",
                  "take the kit that knows them");
    return pass(std::to_string(known) + (known == 1 ? " plugin" : " plugins"));
  });
}

Finding check_schemas(const Subject& subject) {
  return with_module(subject, [](const tenon_module& module) {
    std::string ignored;
    for (std::uint32_t i = 0; i < module.plugin_count; ++i) {
      const char* schema = module.plugins[i]->config_schema_json;
      if (!schema) continue;
      if (!nlohmann::json::parse(schema, nullptr, false).is_object())
        return fail(std::string(module.plugins[i]->name) + ": its schema is not a JSON object");
      for (const std::string& word : host::ignored_schema_words(schema)) ignored += " " + word;
    }
    return ignored.empty() ? pass()
                           : warn("the broker does not check these words of its schema:" + ignored,
                                  "check what they say in init");
  });
}

}  // namespace

std::vector<Check> entry_checks() {
  return {
      {"entry.module",
       "the entry gives a module whose magic, sizes and levels are right and which says what the note says",
       "fill the module and its descriptors as abi/module.h says, and the note from the same constants",
       {"elf.note", "elf.loads"},
       check_module},
      {"entry.side-effects",
       "loading it and asking its entry leaves no thread, descriptor, file or changed setting of the process",
       "do it in init or activate, not in constructors or the entry",
       {"entry.module"},
       check_side_effects},
      {"entry.twice",
       "the entry gives the same module each time",
       "return the address of one static, constant module",
       {"entry.module"},
       check_twice},
      {"entry.newer-host",
       "the entry accepts a host of a higher level with a larger bootstrap and unknown flags",
       "compare levels with >=, read what lies within struct_size, ignore unknown bits",
       {"entry.module"},
       check_newer_host},
      {"entry.two-copies",
       "a copy of the file works beside it in one process, with data of its own",
       "keep no state by file name or process; compile with -fno-gnu-unique",
       {"entry.module"},
       check_two_copies},
      {"entry.descriptors",
       "its plugins have usable kinds, ids and names and need what this version offers",
       "correct the descriptor",
       {"entry.module"},
       check_descriptors},
      {"entry.schemas",
       "the schemas of its options are JSON objects",
       "correct config_schema_json; null if any options will do",
       {"entry.module"},
       check_schemas},
  };
}

}  // namespace tenon::tools
