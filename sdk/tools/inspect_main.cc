// tenon-plugin-inspect: what a plugin's file says of itself. See its help.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "elf_summary.h"
#include "plugin_file.h"

namespace tenon::tools {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::string file;
  bool json = false;
  bool load = true;
};

// A file whose code does not come back from being loaded, or writes and writes.
constexpr unsigned load_s_max = 20;
constexpr std::size_t module_bytes_max = std::size_t{16} << 20;

constexpr const char* help =
    "usage: tenon-plugin-inspect FILE [--json] [--no-load]\n"
    "\n"
    "Says what a plugin's file says of itself: its note, its plugins, what it needs and exports. The file "
    "is\n"
    "loaded and its entry is asked, in a child process: its code runs, though no plugin is made.\n"
    "\n"
    "  --json      as JSON\n"
    "  --no-load   read the file only; nothing of it runs\n"
    "  --help      this text\n"
    "\n"
    "Exit status: 0, 1 when the file is no plugin that could be loaded, 2 when the command line is wrong.\n";

std::string text_or_empty(const char* text) {
  return text ? text : "";
}

Json describe_note(const host::ModuleNote& note) {
  Json kinds = Json::array();
  for (const std::string_view kind : note.kinds) kinds.push_back(kind);
  return {{"generation", note.generation},
          {"level_required", note.level_required},
          {"draft_hash", hex(note.draft_hash)},
          {"kinds", kinds}};
}

Json describe_plugin(const tenon_plugin_descriptor& d) {
  Json needs = Json::array();
  for (std::size_t i = 0; d.requires_host && d.requires_host[i]; ++i) needs.push_back(d.requires_host[i]);
  return {
      {"kind", text_or_empty(d.kind_id)},
      {"id", text_or_empty(d.plugin_id)},
      {"name", text_or_empty(d.name)},
      {"version", text_or_empty(d.version)},
      {"draft_hash", hex(d.draft_hash)},
      {"requires_host", needs},
      {"max_inflight", d.max_inflight},
      {"own_threads", (d.flags & TENON_PLUGIN_OWN_THREADS) != 0},
      {"config_schema", d.config_schema_json ? Json::parse(d.config_schema_json, nullptr, false) : Json()}};
}

Json describe_module(const tenon_module& module) {
  Json plugins = Json::array();
  for (std::uint32_t i = 0; i < module.plugin_count; ++i)
    if (module.plugins[i]) plugins.push_back(describe_plugin(*module.plugins[i]));
  return {{"id", text_or_empty(module.module_id)}, {"version", text_or_empty(module.module_version)},
          {"sdk", text_or_empty(module.sdk_id)},   {"level_required", module.abi_level_required},
          {"level_built", module.abi_level_built}, {"plugins", plugins}};
}

// Runs in the child: prints the module as JSON, or what went wrong.
int print_module(const std::string& path) {
  const auto module = ask_entry(path);
  if (!module) {
    std::cerr << module.error().message << "\n";
    return 1;
  }
  if (!*module) {
    std::cerr << "its entry refused this host\n";
    return 1;
  }
  std::cout << describe_module(**module).dump(-1, ' ', false, Json::error_handler_t::replace) << std::flush;
  return 0;
}

// What the child printed; a file that crashes when it is loaded takes the child with it only.
Result<Json> ask_in_child(const std::string& path) {
  int out[2];
  if (::pipe(out) != 0) return Error{Errc::io, "no pipe"};
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::close(out[0]);
    ::close(out[1]);
    ::alarm(load_s_max);
    ::_exit(print_module(path));
  }
  ::close(out[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; text.size() < module_bytes_max && (got = ::read(out[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  ::close(out[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    return Error{Errc::timed_out, "loading it did not end within " + std::to_string(load_s_max) + " s"};
  if (WIFSIGNALED(status))
    return Error{Errc::internal, "loading it ended with signal " + std::to_string(WTERMSIG(status))};
  if (WEXITSTATUS(status) != 0) return Error{Errc::invalid, "can't be loaded"};
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{Errc::internal, "printed something when it was loaded"};
  return json;
}

// For a terminal: what a file says must not move the cursor.
std::string shown(const Json& text) {
  std::string all;
  for (const char c : text.get<std::string>()) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      all += c;
    } else {
      all += "\\x";
      all += "0123456789abcdef"[byte >> 4];
      all += "0123456789abcdef"[byte & 15];
    }
  }
  return all;
}

void print_list(const char* title, const Json& list) {
  std::printf("%-16s", title);
  for (const auto& one : list) std::printf(" %s", shown(one).c_str());
  std::printf("%s\n", list.empty() ? " -" : "");
}

void print_plugins(const Json& module) {
  std::printf("%-16s %s %s (%s), built with level %u\n", "module", shown(module["id"]).c_str(),
              shown(module["version"]).c_str(), shown(module["sdk"]).c_str(),
              module["level_built"].get<unsigned>());
  for (const auto& p : module["plugins"]) {
    std::printf("%-16s %s %s \"%s\" %s\n", "plugin", shown(p["kind"]).c_str(), shown(p["id"]).c_str(),
                shown(p["name"]).c_str(), shown(p["version"]).c_str());
    print_list("  requires", p["requires_host"]);
    std::printf("%-16s %s\n", "  draft hash", p["draft_hash"].get<std::string>().c_str());
  }
}

void print_text(const Json& all) {
  std::printf("%-16s %s\n", "file", all["file"].get<std::string>().c_str());
  const auto& note = all["note"];
  std::printf("%-16s generation %u, needs level %u, draft hash %s\n", "note",
              note["generation"].get<unsigned>(), note["level_required"].get<unsigned>(),
              note["draft_hash"].get<std::string>().c_str());
  print_list("kinds", note["kinds"]);
  if (all.contains("module")) print_plugins(all["module"]);
  print_list("needs", all["needed"]);
  print_list("exports", all["exported"]);
}

Result<Json> inspect(const Arguments& arguments) {
  const auto file = read_plugin_file(arguments.file);
  if (!file) return file.error();
  const auto note = host::read_module_note(file->bytes);
  if (const auto* fault = std::get_if<host::ElfFault>(&note))
    return Error{Errc::invalid, file->path + ": " + describe_fault(*fault)};
  const auto elf = summarize_elf(file->bytes);
  if (!elf)
    return Error{Errc::invalid, file->path + ": its dynamic section or its symbols are missing or damaged"};
  Json all = {{"file", file->path}, {"note", describe_note(std::get<host::ModuleNote>(note))}};
  if (arguments.load) {
    auto module = ask_in_child(file->path);
    if (!module) return Error{module.error().code, file->path + ": " + module.error().message};
    all["module"] = std::move(*module);
  }
  all["needed"] = elf->needed;
  all["exported"] = elf->exported;
  all["unique_symbols"] = elf->unique_symbols;
  all["text_relocations"] = elf->text_relocations;
  all["executable_stack"] = elf->executable_stack;
  all["search_paths"] = elf->search_paths;
  all["tls_bytes"] = elf->tls_bytes;
  return all;
}

bool parse(int argc, char** argv, Arguments& ret) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view one = argv[i];
    if (one == "--json")
      ret.json = true;
    else if (one == "--no-load")
      ret.load = false;
    else if (one.starts_with("-") || !ret.file.empty())
      return false;
    else
      ret.file = one;
  }
  return !ret.file.empty();
}

int run(int argc, char** argv) {
  Arguments arguments;
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::fputs(help, stdout);
    return 0;
  }
  if (!parse(argc, argv, arguments)) {
    std::fputs(help, stderr);
    return 2;
  }
  const auto all = inspect(arguments);
  if (!all) {
    std::fprintf(stderr, "%s\n", all.error().message.c_str());
    return 1;
  }
  if (arguments.json)
    std::printf("%s\n", all->dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  else
    print_text(*all);
  return 0;
}

}  // namespace
}  // namespace tenon::tools

int main(int argc, char** argv) {
  return tenon::tools::run(argc, argv);
}
