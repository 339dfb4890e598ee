#include "host/load/elf_note.h"

#include <elf.h>
#include <tenon/abi/module.h>

#include <array>
#include <bit>
#include <cstring>
#include <optional>

namespace tenon::host {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half own_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half own_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr Elf64_Half own_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr Elf64_Half own_machine = EM_PPC64;
#elif defined(__s390x__)
constexpr Elf64_Half own_machine = EM_S390;
#elif defined(__loongarch__)
constexpr Elf64_Half own_machine = EM_LOONGARCH;
#else
#error "name the ELF machine of this processor"
#endif

constexpr unsigned char own_order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
constexpr std::size_t note_header_bytes = 12;  // name size, description size, type
constexpr std::size_t description_bytes = sizeof(tenon_note) - offsetof(tenon_note, generation);

using Found = std::variant<ModuleNote, ElfFault>;

// The `size` bytes at `offset`, or empty when they do not lie in the file.
std::optional<Bytes> slice(Bytes file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset) return std::nullopt;
  return file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

template <class T>
std::optional<T> read(Bytes file, std::uint64_t offset) {
  const auto bytes = slice(file, offset, sizeof(T));
  if (!bytes) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof value);
  return value;
}

std::optional<ElfFault> check_header(const Elf64_Ehdr& header) {
  const bool fits = header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == own_order &&
                    header.e_type == ET_DYN && header.e_machine == own_machine;
  if (!fits) return ElfFault::architecture;
  if (header.e_phnum > 0 && header.e_phentsize != sizeof(Elf64_Phdr)) return ElfFault::truncated;
  return std::nullopt;
}

// Kind ids, separated by blanks, ended by a zero within the field.
bool split_kinds(std::string_view field, std::vector<std::string_view>& ret_kinds) {
  const std::size_t end = field.find('\0');
  if (end == std::string_view::npos) return false;
  std::string_view rest = field.substr(0, end);
  while (!rest.empty()) {
    const std::size_t blank = rest.find(' ');
    const std::string_view one = rest.substr(0, blank);
    if (!one.empty()) ret_kinds.push_back(one);
    rest = blank == std::string_view::npos ? std::string_view{} : rest.substr(blank + 1);
  }
  return !ret_kinds.empty();
}

Found read_description(Bytes description) {
  if (description.size() < description_bytes) return ElfFault::bad_note;
  tenon_note note{};
  std::memcpy(&note.generation, description.data(), description_bytes);
  ModuleNote result{
      .generation = note.generation,
      .level_required = note.abi_level_required,
      .draft_hash = note.draft_hash_low | (static_cast<std::uint64_t>(note.draft_hash_high) << 32),
      .kinds = {}};
  const std::size_t kinds_at = offsetof(tenon_note, kinds) - offsetof(tenon_note, generation);
  if (!split_kinds(as_text(description.subspan(kinds_at, sizeof note.kinds)), result.kinds))
    return ElfFault::bad_note;
  return result;
}

// Walks the notes of one segment; the first of tenon's, or no_note. A note that lies across the end of the
// segment ends the walk: other tools' notes are none of our business.
Found find_note(Bytes segment, std::uint64_t alignment) {
  const std::uint64_t align = alignment == 8 ? 8 : 4;
  const auto padded = [align](std::uint64_t size) { return (size + align - 1) / align * align; };
  constexpr std::string_view owner(TENON_NOTE_OWNER, sizeof TENON_NOTE_OWNER);  // with its zero
  std::uint64_t at = 0;
  while (const auto header = read<std::array<std::uint32_t, 3>>(segment, at)) {
    const auto [name_size, description_size, type] = *header;
    const auto name = slice(segment, at + note_header_bytes, name_size);
    const std::uint64_t description_at = at + padded(note_header_bytes + name_size);
    const auto description = slice(segment, description_at, description_size);
    if (!name || !description) return ElfFault::no_note;
    if (type == TENON_NOTE_TYPE && as_text(*name) == owner) return read_description(*description);
    at = padded(description_at + description_size);
  }
  return ElfFault::no_note;
}

bool is_no_note(const Found& found) {
  const auto* fault = std::get_if<ElfFault>(&found);
  return fault && *fault == ElfFault::no_note;
}

}  // namespace

std::variant<ModuleNote, ElfFault> read_module_note(Bytes file) {
  const auto magic = slice(file, 0, SELFMAG);
  if (!magic || std::memcmp(magic->data(), ELFMAG, SELFMAG) != 0) return ElfFault::not_elf;
  const auto header = read<Elf64_Ehdr>(file, 0);
  if (!header) return ElfFault::truncated;
  if (const auto fault = check_header(*header)) return *fault;

  // The table of sections stands at the end of a file; what is cut off there may have been copied in part
  // only.
  if (header->e_shoff != 0 &&
      !slice(file, header->e_shoff, std::uint64_t{header->e_shnum} * header->e_shentsize))
    return ElfFault::truncated;

  Found result = ElfFault::no_note;
  std::uint64_t note_bytes = 0;
  for (std::uint32_t i = 0; i < header->e_phnum; ++i) {
    if (header->e_phoff > file.size()) return ElfFault::truncated;
    const auto segment = read<Elf64_Phdr>(file, header->e_phoff + std::uint64_t{i} * sizeof(Elf64_Phdr));
    if (!segment) return ElfFault::truncated;
    if (segment->p_type == PT_LOAD && !slice(file, segment->p_offset, segment->p_filesz))
      return ElfFault::truncated;
    if (segment->p_type != PT_NOTE) continue;
    const auto bytes = slice(file, segment->p_offset, segment->p_filesz);
    if (!bytes) return ElfFault::truncated;
    // Thousands of segments over the same bytes would take hours to walk.
    note_bytes += bytes->size();
    if (note_bytes > file.size()) return ElfFault::truncated;
    Found found = find_note(*bytes, segment->p_align);
    if (is_no_note(found)) continue;
    if (!is_no_note(result)) return ElfFault::bad_note;
    result = std::move(found);
  }
  return result;
}

}  // namespace tenon::host
