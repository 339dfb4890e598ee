#include "host/load/elf_note.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <tenon/abi/module.h>

#include <cstring>
#include <random>

#include "temp_dir.h"

namespace tenon::host {
namespace {

using Blob = std::vector<std::uint8_t>;

template <class T>
void append(Blob& to, const T& value) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(&value);
  to.insert(to.end(), p, p + sizeof value);
}

tenon_note sample_note() {
  tenon_note note{6, sizeof(tenon_note) - 20, TENON_NOTE_TYPE, TENON_NOTE_OWNER, 1, 3, 0x55667788, 0x11223344,
                  {}};
  std::strcpy(note.kinds, "tenon.auth/1 tenon.storage/1");
  return note;
}

// An ELF file of one header, one PT_NOTE for each of `segments`, and their bytes.
Blob elf_of(const std::vector<Blob>& segments, std::uint64_t alignment = 4) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
#if defined(__x86_64__)
  header.e_machine = EM_X86_64;
#elif defined(__aarch64__)
  header.e_machine = EM_AARCH64;
#endif
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(segments.size());
  Blob file;
  append(file, header);
  std::uint64_t at = sizeof header + segments.size() * sizeof(Elf64_Phdr);
  for (const Blob& segment : segments) {
    Elf64_Phdr entry{};
    entry.p_type = PT_NOTE;
    entry.p_offset = at;
    entry.p_filesz = segment.size();
    entry.p_align = alignment;
    append(file, entry);
    at += segment.size();
  }
  for (const Blob& segment : segments) file.insert(file.end(), segment.begin(), segment.end());
  return file;
}

Blob bytes_of(const tenon_note& note) {
  Blob bytes;
  append(bytes, note);
  return bytes;
}

// Somebody else's note, with a name and description that need padding.
Blob foreign_note(std::size_t alignment = 4) {
  Blob bytes;
  for (const std::uint32_t word : {std::uint32_t{4}, std::uint32_t{5}, std::uint32_t{1}}) append(bytes, word);
  for (const char c : {'G', 'N', 'U', '\0'}) bytes.push_back(static_cast<std::uint8_t>(c));
  while (bytes.size() % alignment) bytes.push_back(0);
  for (int i = 0; i < 5; ++i) bytes.push_back(0xee);
  while (bytes.size() % alignment) bytes.push_back(0);
  return bytes;
}

ElfFault fault_of(const Blob& file) {
  const auto read = read_module_note(file);
  const auto* fault = std::get_if<ElfFault>(&read);
  EXPECT_NE(fault, nullptr) << "read without a fault";
  return fault ? *fault : ElfFault{};
}

TEST(ElfNote, IsRead) {
  const Blob file = elf_of({bytes_of(sample_note())});
  const auto read = read_module_note(file);
  const auto& note = std::get<ModuleNote>(read);
  EXPECT_EQ(note.generation, 1u);
  EXPECT_EQ(note.level_required, 3u);
  EXPECT_EQ(note.draft_hash, 0x1122334455667788u);
  EXPECT_EQ(note.kinds, std::vector<std::string_view>({"tenon.auth/1", "tenon.storage/1"}));
}

TEST(ElfNote, IsFoundBehindOthers) {
  Blob segment = foreign_note();
  const Blob ours = bytes_of(sample_note());
  segment.insert(segment.end(), ours.begin(), ours.end());
  EXPECT_TRUE(std::holds_alternative<ModuleNote>(read_module_note(elf_of({foreign_note(), segment}))));
}

TEST(ElfNote, IsFoundBehindOthersOfEightByteAlignment) {
  const Blob file = elf_of({foreign_note(8), bytes_of(sample_note())}, 8);
  // With eight bytes of alignment the description of our note would begin at 24, where this one, made for
  // four, has 20.
  EXPECT_FALSE(std::holds_alternative<ModuleNote>(read_module_note(file)));
  EXPECT_TRUE(std::holds_alternative<ModuleNote>(read_module_note(elf_of({bytes_of(sample_note())}, 1))));
}

TEST(ElfNote, OfALaterSdkMayBeLonger) {
  tenon_note note = sample_note();
  note.desc_size += 16;
  Blob segment = bytes_of(note);
  segment.resize(segment.size() + 16, 0xff);
  EXPECT_TRUE(std::holds_alternative<ModuleNote>(read_module_note(elf_of({segment}))));
}

TEST(ElfNote, NoElf) {
  EXPECT_EQ(fault_of({}), ElfFault::not_elf);
  EXPECT_EQ(fault_of({0x7f, 'E', 'L'}), ElfFault::not_elf);
  EXPECT_EQ(fault_of({'#', '!', '/', 'b', 'i', 'n'}), ElfFault::not_elf);
}

TEST(ElfNote, EveryPrefixOfAFileIsTruncatedOrNoElf) {
  const Blob file = elf_of({foreign_note(), bytes_of(sample_note())});
  for (std::size_t size = 0; size < file.size(); ++size) {
    const ElfFault fault = fault_of(Blob(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(fault, size < SELFMAG ? ElfFault::not_elf : ElfFault::truncated) << size;
  }
}

TEST(ElfNote, HeaderThatPointsBehindTheEndIsTruncated) {
  Blob file = elf_of({bytes_of(sample_note())});
  for (const std::uint64_t offset : {std::uint64_t{1} << 40, ~std::uint64_t{0}, ~std::uint64_t{0} - 55}) {
    std::memcpy(file.data() + offsetof(Elf64_Ehdr, e_phoff), &offset, sizeof offset);
    EXPECT_EQ(fault_of(file), ElfFault::truncated);
  }
}

TEST(ElfNote, SegmentThatWrapsAroundIsTruncated) {
  Blob file = elf_of({bytes_of(sample_note())});
  const std::uint64_t huge = ~std::uint64_t{0} - 3;
  std::memcpy(file.data() + sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_filesz), &huge, sizeof huge);
  EXPECT_EQ(fault_of(file), ElfFault::truncated);
}

// Else a small file could hold a reader for hours.
TEST(ElfNote, SegmentsOverTheSameBytesThatAreLongerThanTheFileAreTruncated) {
  Blob file = elf_of({foreign_note(), {}, bytes_of(sample_note())});
  const std::uint64_t offset = 0, size = file.size() - 40;
  std::uint8_t* second = file.data() + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
  std::memcpy(second + offsetof(Elf64_Phdr, p_offset), &offset, sizeof offset);
  std::memcpy(second + offsetof(Elf64_Phdr, p_filesz), &size, sizeof size);
  EXPECT_EQ(fault_of(file), ElfFault::truncated);
}

TEST(ElfNote, AnotherMachineClassOrderOrType) {
  const Blob good = elf_of({bytes_of(sample_note())});
  for (const std::size_t at : {std::size_t{EI_CLASS}, std::size_t{EI_DATA}, offsetof(Elf64_Ehdr, e_machine),
                               offsetof(Elf64_Ehdr, e_type)}) {
    Blob file = good;
    file[at] ^= 3;
    EXPECT_EQ(fault_of(file), ElfFault::architecture) << at;
  }
}

TEST(ElfNote, NoNoteAtAll) {
  EXPECT_EQ(fault_of(elf_of({})), ElfFault::no_note);
  EXPECT_EQ(fault_of(elf_of({foreign_note()})), ElfFault::no_note);
  EXPECT_EQ(fault_of(elf_of({{}})), ElfFault::no_note);
}

TEST(ElfNote, ANoteOfOursWithAnotherTypeIsAnother) {
  tenon_note note = sample_note();
  note.type = 2;
  EXPECT_EQ(fault_of(elf_of({bytes_of(note)})), ElfFault::no_note);
}

TEST(ElfNote, ANoteThatClaimsMoreThanTheSegmentHasIsNone) {
  tenon_note note = sample_note();
  note.desc_size = 0xfffffff0;
  EXPECT_EQ(fault_of(elf_of({bytes_of(note)})), ElfFault::no_note);
  note = sample_note();
  note.name_size = 0xffffffff;
  EXPECT_EQ(fault_of(elf_of({bytes_of(note)})), ElfFault::no_note);
}

TEST(ElfNote, TooShortIsBad) {
  tenon_note note = sample_note();
  note.desc_size = 40;
  EXPECT_EQ(fault_of(elf_of({bytes_of(note)})), ElfFault::bad_note);
}

TEST(ElfNote, WithoutKindsIsBad) {
  tenon_note note = sample_note();
  std::memset(note.kinds, 0, sizeof note.kinds);
  EXPECT_EQ(fault_of(elf_of({bytes_of(note)})), ElfFault::bad_note);
  std::memset(note.kinds, ' ', sizeof note.kinds - 1);
  EXPECT_EQ(fault_of(elf_of({bytes_of(note)})), ElfFault::bad_note);
  std::memset(note.kinds, 'k', sizeof note.kinds);
  EXPECT_EQ(fault_of(elf_of({bytes_of(note)})), ElfFault::bad_note);
}

TEST(ElfNote, TwiceIsBad) {
  EXPECT_EQ(fault_of(elf_of({bytes_of(sample_note()), bytes_of(sample_note())})), ElfFault::bad_note);
}

// Whatever stands in the file, reading it stays inside it (a build with sanitizers proves it).
TEST(ElfNote, SurvivesRandomDamage) {
  const Blob good = test::read_file(std::string(BAD_PLUGIN_DIR) + "/auth-sound.so");
  std::mt19937 random(20240229);  // NOLINT(cert-msc51-cpp): the same damage in each run
  for (int round = 0; round < 2'000; ++round) {
    Blob file = good;
    const std::size_t reach = round % 2 == 0 ? 1'024 : file.size();
    for (int i = 0; i < 1 + round % 8; ++i) file[random() % reach] = static_cast<std::uint8_t>(random());
    if (round % 7 == 0) file.resize(random() % file.size());
    (void)read_module_note(file);
  }
}

}  // namespace
}  // namespace tenon::host
