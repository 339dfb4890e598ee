#pragma once

#include <functional>
#include <random>
#include <string>

#include "storage/engine_driver.h"

namespace tenon::tools {

// What checks of engines share: what is written, and whether it is there.

constexpr std::uint32_t engine_spaces = 3;  // that are written to

// Runs `look` for each engine of the module, with a subject of its own; plugins of other kinds pass. An
// EngineFault is the finding.
using LookAtEngine = std::function<Finding(CheckHost&, const tenon_plugin_descriptor&, const Subject&)>;
std::function<Finding(const Subject&)> on_engines(const LookAtEngine& look);

EngineWrite put(std::uint32_t space, std::string key, std::string value);
// The beginning of a key, in hex, and its length.
std::string shown(const std::string& key);

// Operations drawn from a seed: keys that are close to each other, prefixes of each other, of all lengths.
class Draw {
 public:
  explicit Draw(std::uint32_t seed) : random_(seed) {}

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  std::string key();
  std::string value();
  EngineBatch batch();

 private:
  std::size_t long_prefix();
  std::mt19937 random_;
};

// What is not the same, in words; empty: nothing.
std::string difference(const EngineItems& found, const EngineItems& expected);
// Of every space of the engine, at the snapshot.
std::string difference(EngineDriver& engine, const EngineModel& model,
                       const tenon_snapshot* snapshot = nullptr);

}  // namespace tenon::tools
