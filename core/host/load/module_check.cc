#include "host/load/module_check.h"

#include <algorithm>
#include <set>

#include "base/text/hex.h"
#include "host/first_sizes.h"
#include "host/load/drafts.h"
#include "host/load/refusal.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

std::string number(std::uint64_t n) {
  return std::to_string(n);
}

std::string hex(std::uint64_t n) {
  return "0x" + hex_text(n);
}

std::string too_new(std::uint32_t level) {
  return "built for ABI level " + number(level) + ", this broker offers " + number(TENON_ABI_LEVEL);
}

std::string level_remedy(std::uint32_t level) {
  return "install a broker that offers level " + number(level) + ", or a build of the plugin for level " +
         number(TENON_ABI_LEVEL);
}

constexpr std::string_view vendor_fault = "this is a fault of the plugin: report it to its author";

Error refuse_elf(const PluginSpec& spec, const std::string& file, ElfFault fault) {
  switch (fault) {
    case ElfFault::not_elf:
      return refuse(Refusal::not_elf, spec, file, "is not a shared object", "name the plugin's .so file");
    case ElfFault::truncated:
      return refuse(Refusal::truncated, spec, file, "ends too early or is damaged",
                    "install the plugin again");
    case ElfFault::architecture:
      return refuse(Refusal::architecture, spec, file, "is not a 64-bit shared object for this processor",
                    "install the build of the plugin for this machine");
    case ElfFault::no_note:
      return refuse(Refusal::no_note, spec, file,
                    "is a shared object but no plugin of tenon: it has no .note.tenon",
                    "name the plugin's .so file; its author must build it with the SDK");
    case ElfFault::bad_note:
      return refuse(Refusal::bad_note, spec, file, "its .note.tenon does not hold together", vendor_fault);
  }
  return refuse(Refusal::not_elf, spec, file, "can't be read as a shared object", "");
}

std::string join(const auto& words) {
  std::string all;
  for (const auto& word : words) all.append(all.empty() ? "" : " ").append(word);
  return all;
}

// Everything that lists ids without a null pointer where text must be.
bool is_complete(const tenon_plugin_descriptor* d) {
  return d && holds_first<tenon_plugin_descriptor>(d->struct_size) && d->kind_id && d->plugin_id && d->name &&
         d->version && d->create;
}

Status check_shape(const PluginSpec& spec, const std::string& file, const tenon_module& module) {
  const auto fault = [&](const std::string& what) {
    return refuse(Refusal::module, spec, file, what, vendor_fault);
  };
  if (module.magic != TENON_MODULE_MAGIC)
    return fault("its module has magic " + hex(module.magic) + ", not TNM1");
  if (!holds_first<tenon_module>(module.struct_size))
    return fault("its module has " + number(module.struct_size) + " bytes, at least " +
                 number(first_size<tenon_module>) + " are needed");
  if (!module.module_id || !module.module_version) return fault("its module has no id or version");
  if (!module.plugins || module.plugin_count == 0) return fault("its module offers no plugin");
  for (std::uint32_t i = 0; i < module.plugin_count; ++i)
    if (!is_complete(module.plugins[i]))
      return refuse(Refusal::descriptor, spec, file,
                    "the descriptor of its plugin number " + number(i + 1) + " is incomplete", vendor_fault);
  return {};
}

Status check_against_note(const PluginSpec& spec, const std::string& file, const tenon_module& module,
                          const ModuleNote& note) {
  std::set<std::string_view> kinds;
  std::set<std::string_view> interfaces;
  for (std::uint32_t i = 0; i < module.plugin_count; ++i) {
    kinds.insert(module.plugins[i]->kind_id);
    interfaces.merge(interfaces_of(*module.plugins[i]));
  }
  const std::uint64_t hash = draft_hash_of(interfaces);
  const auto differs = [&](const std::string& what, const std::string& in_note,
                           const std::string& in_module) {
    return refuse(Refusal::note_differs, spec, file,
                  "its note says " + what + " " + in_note + ", its module " + in_module, vendor_fault);
  };
  if (module.abi_level_required != note.level_required)
    return differs("level", number(note.level_required), number(module.abi_level_required));
  if (kinds != std::set<std::string_view>(note.kinds.begin(), note.kinds.end()))
    return differs("kinds", join(note.kinds), join(kinds));
  if (hash != note.draft_hash)
    return differs("draft hash", hex(note.draft_hash), "needs " + hex(hash) + " for what it uses");
  return {};
}

const char* plugin_name(const PluginSpec& spec) {
  return spec.plugin.empty() ? spec.instance.c_str() : spec.plugin.c_str();
}

constexpr std::string_view drafts_remedy =
    "install a build of the plugin for this very version of the broker";

Status check_needs(const PluginSpec& spec, const std::string& file, const tenon_plugin_descriptor& d) {
  for (std::size_t i = 0; d.requires_host && d.requires_host[i]; ++i)
    if (!find_host_table(d.requires_host[i]))
      return refuse(
          Refusal::host_table, spec, file,
          "needs the host table " + std::string(d.requires_host[i]) + ", which this broker does not have",
          "install a broker that has it");
  if (const std::uint64_t hash = draft_hash_of(interfaces_of(d)); hash != d.draft_hash)
    return refuse(Refusal::draft, spec, file,
                  "built against other drafts of the interfaces it uses (" + hex(d.draft_hash) +
                      ", this broker has " + hex(hash) + ")",
                  drafts_remedy);
  return {};
}

}  // namespace

Status check_note(const PluginSpec& spec, const std::string& file,
                  const std::variant<ModuleNote, ElfFault>& read) {
  if (const auto* fault = std::get_if<ElfFault>(&read)) return refuse_elf(spec, file, *fault);
  const ModuleNote& note = std::get<ModuleNote>(read);
  if (note.generation != TENON_ABI_GENERATION)
    return refuse(Refusal::generation, spec, file,
                  "built for ABI generation " + number(note.generation) + ", this broker has generation " +
                      number(TENON_ABI_GENERATION),
                  "install a build of the plugin for this broker");
  if (note.level_required > TENON_ABI_LEVEL)
    return refuse(Refusal::level, spec, file, too_new(note.level_required),
                  level_remedy(note.level_required));
  const std::string_view wanted = kind_id(spec.kind);
  if (std::find(note.kinds.begin(), note.kinds.end(), wanted) == note.kinds.end())
    return refuse(Refusal::kind, spec, file,
                  "offers " + join(note.kinds) + ", conf.d asks for " + std::string(wanted),
                  "use the plugin where its kind is asked for");
  if (!is_made_of_own_drafts(note))
    return refuse(Refusal::draft, spec, file,
                  "built against other drafts of the interfaces it uses (its note has " +
                      hex(note.draft_hash) + ", which those of this broker don't make up)",
                  drafts_remedy);
  return {};
}

Status check_module(const PluginSpec& spec, const std::string& file, const tenon_module* module,
                    const ModuleNote& note) {
  if (!module)
    return refuse(Refusal::module_refused, spec, file, "its entry function refused this broker",
                  "ask its author which brokers it works with");
  if (Status s = check_shape(spec, file, *module); !s) return s;
  if (module->abi_level_required > TENON_ABI_LEVEL)
    return refuse(Refusal::level, spec, file, too_new(module->abi_level_required),
                  level_remedy(module->abi_level_required));
  return check_against_note(spec, file, *module, note);
}

Result<const tenon_plugin_descriptor*> find_descriptor(const PluginSpec& spec, const std::string& file,
                                                       const tenon_module& module) {
  const std::string_view kind = kind_id(spec.kind);
  const std::string_view name = plugin_name(spec);
  std::string others;
  for (std::uint32_t i = 0; i < module.plugin_count; ++i) {
    const tenon_plugin_descriptor& d = *module.plugins[i];
    if (d.kind_id != kind) continue;
    if (d.name == name) {
      if (Status s = check_needs(spec, file, d); !s) return s.error();
      return &d;
    }
    others.append(others.empty() ? "" : ", ").append(d.name);
  }
  return refuse(Refusal::no_plugin, spec, file,
                "has no " + std::string(to_string(spec.kind)) + " plugin named \"" + std::string(name) +
                    "\"" + (others.empty() ? std::string() : " (it has: " + others + ")"),
                "correct the name in conf.d");
}

}  // namespace tenon::host
