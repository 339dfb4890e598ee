// Gives each file of the directories named as arguments to a fuzz target: a saved input is a test, with any
// compiler.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::size_t replay_directory(const std::filesystem::path& directory) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    // An exact-sized copy, so that a sanitizer sees every read beyond the end.
    const std::vector<std::uint8_t> input = read_file(entry.path());
    std::fprintf(stderr, "%s\n", entry.path().c_str());
    LLVMFuzzerTestOneInput(input.data(), input.size());
    ++count;
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) count += replay_directory(argv[i]);
  std::fprintf(stderr, "%zu inputs replayed\n", count);
  // A corpus that is missing or empty proves nothing.
  return count > 0 ? 0 : 1;
}
