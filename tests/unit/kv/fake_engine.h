#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "kv/range.h"
#include "kv/state_view.h"

namespace tenon::kv {

using Items = std::map<std::string, std::string, std::less<>>;

// One space of an engine, in memory. Fails each read on request.
class FakeSpace final : public StateView {
 public:
  Result<std::optional<std::string>> get(std::string_view key) const override {
    ++reads;
    if (fails) return Error{Errc::io, "the disk is gone"};
    const auto found = items.find(key);
    if (found == items.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }
  Status scan(std::string_view begin, std::string_view end, const Visit& visit) const override {
    if (fails) return Error{Errc::io, "the disk is gone"};
    for (auto at = items.lower_bound(begin); at != items.end() && (end.empty() || at->first < end); ++at)
      if (!visit(at->first, at->second)) break;
    return {};
  }
  void write(const EngineBatch::Write& write) {
    if (write.value != nullptr)
      items[std::string(write.key)] = *write.value;
    else
      items.erase(std::string(write.key));
  }

  Items items;
  bool fails = false;
  mutable std::size_t reads = 0;
};

inline Items content_of(const StateView& view, std::string_view begin = {}, std::string_view end = {}) {
  Items content;
  std::string last;
  const Status status = view.scan(begin, end, [&](std::string_view key, std::string_view value) {
    TENON_BUG(content.empty() || key > last, "a scan goes upwards");
    last = key;
    content.emplace(key, value);
    return true;
  });
  TENON_BUG(status.ok(), "the scan of a sound engine");
  return content;
}

// The spaces that a range stands on.
struct FakeEngine {
  FakeSpace state;
  FakeSpace sources;
  FakeSpace records;

  void write(const EngineBatch& batch) {
    for (const EngineBatch::Write& write : batch.state) state.write(write);
    for (const EngineBatch::Write& write : batch.sources) sources.write(write);
    records.items[batch.record_key] = batch.record;
    for (const auto& [key, record] : batch.children) records.items[key] = record;
  }
};

}  // namespace tenon::kv
