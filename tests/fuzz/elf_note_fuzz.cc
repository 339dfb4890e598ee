// Fuzzes the reader of a module's note (core/host/load/elf_note.h), which sees files before anybody trusts
// them.
//
// What must hold for arbitrary bytes: the answer is the same each time, its views lie inside the file, and a
// note is read only where the file has the owner's name. And a sound file with the input as another tool's
// note in front of ours is read as if that note were not there.

#include <elf.h>
#include <tenon/abi/module.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "host/load/elf_note.h"

namespace tenon::host {
namespace {

using File = std::vector<std::uint8_t>;
using Read = std::variant<ModuleNote, ElfFault>;

template <class T>
void append(File& to, const T& value) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
  to.insert(to.end(), bytes, bytes + sizeof value);
}

bool same(const Read& a, const Read& b) {
  if (a.index() != b.index()) return false;
  const auto* x = std::get_if<ModuleNote>(&a);
  if (!x) return std::get<ElfFault>(a) == std::get<ElfFault>(b);
  const auto& y = std::get<ModuleNote>(b);
  return x->generation == y.generation && x->level_required == y.level_required &&
         x->draft_hash == y.draft_hash && x->kinds == y.kinds;
}

void check_note(const ModuleNote& note, Bytes file) {
  TENON_BUG(as_text(file).find({TENON_NOTE_OWNER, sizeof TENON_NOTE_OWNER}) != std::string_view::npos,
            "a note has its owner's name");
  TENON_BUG(!note.kinds.empty(), "a note without kinds is a bad one");
  std::size_t kind_bytes = 0;
  for (const std::string_view kind : note.kinds) {
    const auto* begin = reinterpret_cast<const std::uint8_t*>(kind.data());
    TENON_BUG(begin >= file.data() && begin + kind.size() < file.data() + file.size(),
              "kinds lie in the file");
    TENON_BUG(!kind.empty() && kind.find('\0') == kind.npos && kind.find(' ') == kind.npos,
              "kinds are cut right");
    kind_bytes += kind.size() + 1;
  }
  TENON_BUG(kind_bytes <= sizeof tenon_note{}.kinds, "kinds lie in their field");
}

// Another tool's note: the input is its name and description.
void append_foreign_note(File& to, Bytes input) {
  const std::size_t name_size = input.empty() ? 0 : input[0] % (input.size() + 1);
  append(to, std::array{static_cast<std::uint32_t>(name_size),
                        static_cast<std::uint32_t>(input.size() - name_size),
                        std::uint32_t{TENON_NOTE_TYPE + 1}});
  for (const Bytes part : {input.first(name_size), input.subspan(name_size)}) {
    to.insert(to.end(), part.begin(), part.end());
    to.resize((to.size() + 3) / 4 * 4);
  }
}

// A shared object of this machine in front of `notes`: its header is that of the running program.
File file_around(const File& notes) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_type = ET_DYN;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
#if defined(__x86_64__)
  header.e_machine = EM_X86_64;
#elif defined(__aarch64__)
  header.e_machine = EM_AARCH64;
#endif
  Elf64_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = notes.size();
  segment.p_align = 4;
  File file;
  append(file, header);
  append(file, segment);
  file.insert(file.end(), notes.begin(), notes.end());
  return file;
}

void read_behind_a_foreign_note(Bytes input) {
  File notes;
  append_foreign_note(notes, input);
  append(notes, tenon_note{sizeof TENON_NOTE_OWNER, sizeof(tenon_note) - offsetof(tenon_note, generation),
                           TENON_NOTE_TYPE, TENON_NOTE_OWNER, TENON_ABI_GENERATION, 7, 8, 9, "a/1 b/2"});
  const File file = file_around(notes);
  const Read read = read_module_note(file);
  const auto* note = std::get_if<ModuleNote>(&read);
  TENON_BUG(note != nullptr, "our note is found behind any other");
  TENON_BUG(note->level_required == 7 && note->kinds.size() == 2, "our note is read as it was written");
}

}  // namespace
}  // namespace tenon::host

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon::host;
  const tenon::Bytes file(data, size);
  const Read read = read_module_note(file);
  TENON_BUG(same(read, read_module_note(file)), "reading is deterministic");
  if (const auto* note = std::get_if<ModuleNote>(&read)) check_note(*note, file);
  read_behind_a_foreign_note(file);
  return 0;
}
