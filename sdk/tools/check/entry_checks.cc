#include <stdlib.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "check.h"
#include "host/load/module_check.h"
#include "host/tables/host_tables.h"
#include "host/tables/json_schema.h"
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

// The broker's own check of the module, without the words about a broker around it.
Finding check_module(const Subject& subject) {
  return with_module(subject, [&](const tenon_module& module) {
    const auto note = host::read_module_note(subject.file.bytes);
    if (!std::holds_alternative<host::ModuleNote>(note)) return skip("no note");
    host::PluginSpec spec;
    spec.instance = "check";
    const Status s = host::check_module(spec, subject.file.path, &module, std::get<host::ModuleNote>(note));
    return s ? pass() : fail(s.error().message);
  });
}

Finding check_side_effects(const Subject& subject) {
  const ProcessState before = ProcessState::now();
  if (const auto module = ask_entry(subject.file.path); !module) return fail(module.error().message);
  const std::string difference = before.difference(ProcessState::now());
  return difference.empty() ? pass() : fail("loading it and asking its entry " + difference);
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
  return *module ? pass() : fail("the entry refuses newer hosts: a host accepts every older level");
}

Finding check_two_copies(const Subject& subject) {
  std::string dir = (std::filesystem::temp_directory_path() / "tenon-check-XXXXXX").string();
  if (!::mkdtemp(dir.data())) return skip("no temporary directory");
  const std::string copy = dir + "/copy.so";
  std::filesystem::copy_file(subject.file.path, copy);
  const auto first = ask_entry(subject.file.path);
  const auto second = ask_entry(copy);
  std::filesystem::remove_all(dir);
  if (!first || !second) return fail("two copies of the file can't be loaded side by side");
  return *first != *second ? pass()
                           : fail("two copies of the file share their data: build with -fno-gnu-unique");
}

bool is_interface_id(std::string_view id) {
  const std::size_t slash = id.rfind('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < id.size() &&
         id.find_first_not_of("0123456789", slash + 1) == std::string_view::npos &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_/") == std::string_view::npos;
}

Finding check_descriptor(const tenon_plugin_descriptor& d) {
  const std::string name = d.name;
  if (!is_interface_id(d.kind_id)) return fail(name + ": \"" + d.kind_id + "\" is no id of the form name/1");
  if (std::string_view(d.plugin_id).find('.') == std::string_view::npos)
    return fail(name + ": the id \"" + d.plugin_id +
                "\" is not unique in the world: use a reversed domain name");
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != std::string::npos)
    return fail("the name \"" + name + "\" can't be used in conf.d: use [a-z0-9_-]+");
  for (std::size_t i = 0; d.requires_host && d.requires_host[i]; ++i)
    if (!host::find_host_table(d.requires_host[i]))
      return warn(name + ": this broker has no " + d.requires_host[i]);
  return pass();
}

Finding check_descriptors(const Subject& subject) {
  return with_module(subject, [](const tenon_module& module) {
    std::set<std::string> ids;
    Finding worst = pass(std::to_string(module.plugin_count) + " plugins");
    for (std::uint32_t i = 0; i < module.plugin_count; ++i) {
      const tenon_plugin_descriptor& d = *module.plugins[i];
      if (!ids.insert(d.plugin_id).second) return fail(std::string("two plugins have the id ") + d.plugin_id);
      const Finding one = check_descriptor(d);
      if (one.verdict == Verdict::fail) return one;
      if (one.verdict == Verdict::warn) worst = one;
    }
    return worst;
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
    return ignored.empty() ? pass() : warn("the broker does not check these words of its schema:" + ignored);
  });
}

}  // namespace

std::vector<Check> entry_checks() {
  return {
      {"entry.module", check_module},         {"entry.side-effects", check_side_effects},
      {"entry.twice", check_twice},           {"entry.newer-host", check_newer_host},
      {"entry.two-copies", check_two_copies}, {"entry.descriptors", check_descriptors},
      {"entry.schemas", check_schemas},
  };
}

}  // namespace tenon::tools
