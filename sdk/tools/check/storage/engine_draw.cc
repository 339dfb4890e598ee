#include "storage/engine_draw.h"

namespace tenon::tools {

EngineWrite put(std::uint32_t space, std::string key, std::string value) {
  return {TENON_WRITE_PUT, space, std::move(key), std::move(value)};
}

std::function<Finding(const Subject&)> on_engines(const LookAtEngine& look) {
  return [look](const Subject& subject) {
    return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
      if (std::string_view(d.kind_id) != TENON_STORAGE_ID) return pass("is no storage engine");
      try {
        return look(check_host, d, of_one(subject, d));
      } catch (const EngineFault& fault) {
        return fail(fault.what());
      }
    });
  };
}

std::string shown(const std::string& key) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : key.substr(0, 24)) {
    hex += digits[static_cast<unsigned char>(c) >> 4];
    hex += digits[static_cast<unsigned char>(c) & 15];
  }
  return "key " + (hex.empty() ? "\"\"" : hex) + " (" + std::to_string(key.size()) + " bytes)";
}

std::string Draw::key() {
  static const std::string alphabet(
      "\x00\x01"
      "az\x7f\x80\xff",
      7);
  std::string key(long_prefix(), 'p');
  for (std::uint32_t i = below(4); i > 0; --i) key += alphabet[below(7)];
  return key;
}

std::string Draw::value() {
  static constexpr std::uint32_t sizes[] = {0, 1, 20, 300, 4'100, 70'000};
  return std::string(below(sizes[below(6)] + 1), static_cast<char>('a' + below(26)));
}

EngineBatch Draw::batch() {
  EngineBatch batch;
  for (std::uint32_t i = below(5); i > 0; --i) {
    const std::uint32_t kind = below(10), space = below(engine_spaces);
    if (kind < 7)
      batch.push_back(put(space, key(), value()));
    else if (kind < 9)
      batch.push_back({TENON_WRITE_DELETE, space, key(), {}});
    else
      batch.push_back({TENON_WRITE_DELETE_RANGE, space, key(), below(8) == 0 ? std::string() : key()});
  }
  return batch;
}

std::size_t Draw::long_prefix() {
  static constexpr std::size_t lengths[] = {0, 0, 0, 0, 250, 507, 508, 509, 510, 2'000, 65'000};
  return lengths[below(11)];
}

std::string difference(const EngineItems& found, const EngineItems& expected) {
  for (std::size_t i = 0; i < found.size() && i < expected.size(); ++i)
    if (found[i] != expected[i])
      return found[i].first == expected[i].first
                 ? "the value of " + shown(found[i].first) + " is another"
                 : shown(found[i].first) + " is where " + shown(expected[i].first) + " must be";
  if (found.size() < expected.size()) return shown(expected[found.size()].first) + " is missing";
  if (found.size() > expected.size()) return shown(found[expected.size()].first) + " is too much";
  return {};
}

std::string difference(EngineDriver& engine, const EngineModel& model, const tenon_snapshot* snapshot) {
  for (std::uint32_t space = 0; space < engine_spaces; ++space) {
    const std::string found =
        difference(engine.scan(space, {}, {}, false, snapshot, 64), model.range(space, {}, {}, false));
    if (!found.empty()) return "in space " + std::to_string(space) + " " + found;
  }
  return {};
}

}  // namespace tenon::tools
