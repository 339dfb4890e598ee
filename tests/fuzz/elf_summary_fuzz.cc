// Fuzzes the reader of a module's dynamic section (sdk/tools/elf_summary.h): tenon-plugin-inspect and
// tenon-plugin-check read files that nobody trusts.
//
// What must hold for arbitrary bytes: the answer is the same each time, and the texts in it have no more
// bytes than the file.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/assert.h"
#include "elf_summary.h"

namespace {

using tenon::tools::ElfSummary;

std::size_t bytes_of(const std::vector<std::string>& texts) {
  std::size_t sum = 0;
  for (const std::string& text : texts) sum += text.size();
  return sum;
}

bool same(const std::optional<ElfSummary>& a, const std::optional<ElfSummary>& b) {
  if (!a || !b) return !a && !b;
  return a->needed == b->needed && a->search_paths == b->search_paths && a->exported == b->exported &&
         a->unique_symbols == b->unique_symbols && a->tls_bytes == b->tls_bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tenon::Bytes file(data, size);
  const auto summary = tenon::tools::summarize_elf(file);
  TENON_BUG(same(summary, tenon::tools::summarize_elf(file)), "reading is deterministic");
  if (!summary) return 0;
  TENON_BUG(bytes_of(summary->needed) + bytes_of(summary->search_paths) + bytes_of(summary->exported) <= size,
            "texts come from the file");
  return 0;
}
