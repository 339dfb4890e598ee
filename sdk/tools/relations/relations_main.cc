// tenon-plugin-relations deb|rpm FILE... and tenon-plugin-relations deb|rpm --provides
//
// What the package of a plugin has to depend on, read from the notes in the plugins' files; nothing of them
// runs. dh_tenonabi and the generators of rpm are made of it.

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "plugin_file.h"
#include "relations/relations.h"

namespace tenon::tools {
namespace {

constexpr const char* help =
    "usage: tenon-plugin-relations deb|rpm FILE...\n"
    "       tenon-plugin-relations deb|rpm --provides\n"
    "\n"
    "Reads the notes in plugins of the tenon MQTT broker and prints what a package that holds them has to\n"
    "depend on, one relation in a line, as Debian's package manager or RPM writes it. Nothing of the files\n"
    "is run.\n"
    "\n"
    "  --provides    print what a package with the broker of this SDK's version provides\n"
    "  --help        this text\n"
    "\n"
    "Exit status: 0, 1 when a file is no plugin or was built with another SDK, 2 when the command line is\n"
    "wrong.\n";

constexpr int usage_status = 2;

void print(const std::vector<std::string>& relations) {
  for (const std::string& relation : relations) std::printf("%s\n", relation.c_str());
}

Result<std::vector<std::string>> relations_of(PackageKind kind, std::span<char* const> paths) {
  std::vector<PluginFile> files;  // the notes look into them
  std::vector<host::ModuleNote> notes;
  for (const char* path : paths) {
    auto file = read_plugin_file(path);
    if (!file) return file.error();
    files.push_back(std::move(*file));
    const auto note = host::read_module_note(files.back().bytes);
    if (const auto* fault = std::get_if<host::ElfFault>(&note))
      return Error{Errc::invalid, std::string(path) + ": " + describe_fault(*fault)};
    notes.push_back(std::get<host::ModuleNote>(note));
    if (const auto alone = needed_relations(kind, std::span(notes).last(1)); !alone)
      return Error{Errc::invalid, std::string(path) + ": " + alone.error().message};
  }
  return needed_relations(kind, notes);
}

int run(std::span<char* const> arguments) {
  const auto is = [&](std::size_t at, const char* text) {
    return at < arguments.size() && std::strcmp(arguments[at], text) == 0;
  };
  if (is(0, "--help")) {
    std::fputs(help, stdout);
    return 0;
  }
  const auto kind = arguments.empty() ? std::nullopt : package_kind(arguments[0]);
  if (!kind || arguments.size() < 2) {
    std::fputs(help, stderr);
    return usage_status;
  }
  if (is(1, "--provides") && arguments.size() == 2) {
    print(provided_relations(*kind));
    return 0;
  }
  const auto relations = relations_of(*kind, arguments.subspan(1));
  if (!relations) {
    std::fprintf(stderr, "tenon-plugin-relations: %s\n", relations.error().message.c_str());
    return 1;
  }
  print(*relations);
  return 0;
}

}  // namespace
}  // namespace tenon::tools

int main(int argc, char** argv) {
  const std::span<char* const> arguments(argv, static_cast<std::size_t>(argc));
  return tenon::tools::run(arguments.empty() ? arguments : arguments.subspan(1));
}
