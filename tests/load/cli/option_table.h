#pragma once

#include <span>
#include <string>

#include "load/cli/options.h"

namespace tenon::load {

// The command line, word by word, before defaults that depend on the scenario.
struct ParsedWords {
  Options options;
  std::string scenario;
  bool qos_given = false;
  bool subscribe_qos_given = false;
  bool warmup_given = false;
};

// Options are "--name value" or "--name=value". Throws UsageError.
ParsedWords parse_words(std::span<const char* const> words);

// A whole number, with k or M for thousands and millions: "250", "10k", "1M". Throws UsageError naming
// `option`.
std::uint64_t parse_count(std::string_view option, std::string_view text, std::uint64_t max);

}  // namespace tenon::load
