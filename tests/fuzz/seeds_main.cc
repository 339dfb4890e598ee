// Feeds inputs made from a seed to a fuzz target: SEED COUNT BYTES_MAX. Seed 0 takes one from the system, and
// all seeds are told: the same seed gives the same inputs. A target that finds something ends the process.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::uint64_t seed = std::stoull(argv[1]);
  const std::uint64_t count = std::stoull(argv[2]);
  const std::uint64_t bytes_max = std::stoull(argv[3]);
  if (seed == 0) seed = (std::uint64_t{std::random_device{}()} << 32 | std::random_device{}()) | 1;
  std::fprintf(stderr, "seed %llu, %llu inputs\n", static_cast<unsigned long long>(seed),
               static_cast<unsigned long long>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    std::mt19937_64 random(seed + i);
    std::vector<std::uint8_t> input(1 + random() % bytes_max);
    for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(random());
    // Mostly a client that begins as it should.
    if (random() % 8 != 0) input[0] = 0;
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  return count > 0 ? 0 : 1;
}
