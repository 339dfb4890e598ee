#pragma once

#include <cstdint>
#include <string>

namespace tenon::sim {

// What the command line of tenon-sim says.
struct Options {
  std::string workload;
  std::uint64_t seed = 0;
  std::uint64_t seed_count = 1;
  double seconds = 0;  // 0: as the workload says
  bool is_shown = false;
  bool runs_twice = false;   // and compares the digests
  bool must_fail = false;    // succeeds with the first seed that fails
  unsigned patience_s = 30;  // of real time for a simulated second; 0: without an end
  std::string engine;
  std::string log;
  std::string replication;
  bool wants_help = false;
};

// Without --seed it is a random one. Throws std::runtime_error that names the word that is wrong.
Options read_options(int argc, char** argv);

// What --help prints.
extern const char* const help_text;

}  // namespace tenon::sim
