#include "plugin_file.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "host/load/shared_object.h"

namespace tenon::tools {

Result<PluginFile> read_plugin_file(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::canonical(path, error);
  if (error) return Error{Errc::not_found, path + ": " + error.message()};
  if (!std::filesystem::is_regular_file(absolute)) return Error{Errc::invalid, path + ": not a regular file"};
  std::ifstream in(absolute, std::ios::binary);
  if (!in) return Error{Errc::io, path + ": can't be read"};
  return PluginFile{absolute.string(),
                    {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()}};
}

std::string describe_fault(host::ElfFault fault) {
  switch (fault) {
    case host::ElfFault::not_elf:
      return "not a shared object";
    case host::ElfFault::truncated:
      return "ends too early or is damaged";
    case host::ElfFault::architecture:
      return "not a 64-bit shared object for this processor";
    case host::ElfFault::no_note:
      return "has no .note.tenon: use TENON_MODULE_NOTE or TENON_CPP_MODULE";
    case host::ElfFault::bad_note:
      return "its .note.tenon does not hold together";
  }
  return "can't be read";
}

Result<const tenon_module*> ask_entry(const std::string& path, std::uint32_t level, std::uint32_t flags) {
  const auto loaded = host::load_shared_object(path);
  if (!loaded) return loaded.error();
  if (!loaded->entry) return Error{Errc::invalid, "has no function " TENON_ENTRY_NAME};
  // Behind what level 1 knows lies what a newer host would say.
  struct Grown {
    tenon_bootstrap known;
    std::array<std::uint64_t, 4> newer;
  };
  const Grown bootstrap{{sizeof(Grown), TENON_BOOTSTRAP_MAGIC, level, flags, "tenon tools", TENON_VERSION},
                        {~0ull, ~0ull, ~0ull, ~0ull}};
  return loaded->entry(&bootstrap.known);
}

std::string hex(std::uint64_t value) {
  std::string text = "0x0000000000000000";
  for (std::size_t at = text.size(); value != 0; value >>= 4) text[--at] = "0123456789abcdef"[value & 15];
  return text;
}

}  // namespace tenon::tools
