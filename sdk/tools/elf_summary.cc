#include "elf_summary.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace tenon::tools {
namespace {

constexpr std::size_t text_bytes_max = 4'096;

// Bounded reads of one file.
class Reader {
 public:
  explicit Reader(Bytes file) : file_(file), text_bytes_left_(file.size()) {}

  template <class T>
  std::optional<T> at(std::uint64_t offset) const {
    if (offset > file_.size() || sizeof(T) > file_.size() - offset) return std::nullopt;
    T value;
    std::memcpy(&value, file_.data() + offset, sizeof value);
    return value;
  }
  // `count` elements; fewer when the file ends before.
  template <class T>
  std::vector<T> list(std::uint64_t offset, std::uint64_t count) const {
    std::vector<T> all;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto one = at<T>(offset + i * sizeof(T));
      if (!one) break;
      all.push_back(*one);
    }
    return all;
  }
  // Empty from the first on that does not end in time, or when all of them have more bytes than the file:
  // then the same ones were asked for again and again.
  std::string text(std::uint64_t offset) {
    if (damaged_ || offset >= file_.size()) return give_up();
    const Bytes rest = file_.subspan(offset, std::min(text_bytes_max + 1, file_.size() - offset));
    const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{0});
    const auto size = static_cast<std::size_t>(end - rest.begin());
    if (end == rest.end() || size > text_bytes_left_) return give_up();
    text_bytes_left_ -= size;
    return {rest.begin(), end};
  }
  bool damaged() const { return damaged_; }

 private:
  std::string give_up() {
    damaged_ = true;
    return {};
  }

  Bytes file_;
  std::size_t text_bytes_left_;
  bool damaged_ = false;
};

const Elf64_Shdr* find_section(std::span<const Elf64_Shdr> sections, std::uint32_t type) {
  for (const Elf64_Shdr& s : sections)
    if (s.sh_type == type) return &s;
  return nullptr;
}

void read_segments(std::span<const Elf64_Phdr> segments, ElfSummary& summary) {
  bool says_stack = false;
  for (const Elf64_Phdr& p : segments) {
    if (p.p_type == PT_TLS) summary.tls_bytes = p.p_memsz;
    if (p.p_type != PT_GNU_STACK) continue;
    says_stack = true;
    summary.executable_stack = (p.p_flags & PF_X) != 0;
  }
  if (!says_stack) summary.executable_stack = true;  // what the linker assumes then
}

void read_dynamic(Reader& file, const Elf64_Shdr& section, const Elf64_Shdr& strings, ElfSummary& summary) {
  for (const Elf64_Dyn& d : file.list<Elf64_Dyn>(section.sh_offset, section.sh_size / sizeof(Elf64_Dyn))) {
    const auto name = [&] { return file.text(strings.sh_offset + d.d_un.d_val); };
    if (d.d_tag == DT_NEEDED) summary.needed.push_back(name());
    if (d.d_tag == DT_RPATH || d.d_tag == DT_RUNPATH) summary.search_paths.push_back(name());
    if (d.d_tag == DT_TEXTREL) summary.text_relocations = true;
    if (d.d_tag == DT_FLAGS && (d.d_un.d_val & DF_TEXTREL) != 0) summary.text_relocations = true;
    if (d.d_tag == DT_FLAGS && (d.d_un.d_val & DF_STATIC_TLS) != 0) summary.static_tls = true;
  }
}

void read_symbols(Reader& file, const Elf64_Shdr& section, const Elf64_Shdr& strings, ElfSummary& summary) {
  for (const Elf64_Sym& s : file.list<Elf64_Sym>(section.sh_offset, section.sh_size / sizeof(Elf64_Sym))) {
    const unsigned binding = ELF64_ST_BIND(s.st_info);
    if (file.damaged()) return;
    if (s.st_shndx == SHN_UNDEF || binding == STB_LOCAL) continue;
    summary.exported.push_back(file.text(strings.sh_offset + s.st_name));
    if (binding == STB_GNU_UNIQUE) summary.unique_symbols.push_back(summary.exported.back());
  }
}

}  // namespace

std::optional<ElfSummary> summarize_elf(Bytes bytes) {
  Reader file(bytes);
  const auto header = file.at<Elf64_Ehdr>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64)
    return std::nullopt;
  ElfSummary summary;
  read_segments(file.list<Elf64_Phdr>(header->e_phoff, header->e_phnum), summary);
  const auto sections = file.list<Elf64_Shdr>(header->e_shoff, header->e_shnum);
  const Elf64_Shdr* dynamic = find_section(sections, SHT_DYNAMIC);
  const Elf64_Shdr* symbols = find_section(sections, SHT_DYNSYM);
  if (!dynamic || !symbols || dynamic->sh_link >= sections.size() || symbols->sh_link >= sections.size())
    return std::nullopt;
  read_dynamic(file, *dynamic, sections[dynamic->sh_link], summary);
  read_symbols(file, *symbols, sections[symbols->sh_link], summary);
  if (file.damaged()) return std::nullopt;
  return summary;
}

}  // namespace tenon::tools
