#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "store/request.h"
#include "store/snapshot/outgoing.h"

namespace tenon::store {

// The text of a Request of the kind `state`: one chunk of a range's state as it was at one moment.
struct ExportQuestion {
  std::uint64_t reader = 0;  // random, chosen by who reads; not 0
  std::uint64_t chunk = 0;   // 0: the state is that of now
};

// u64 reader · varint chunk
std::string write_export_question(const ExportQuestion& question);
// Empty: it does not hold together.
std::optional<ExportQuestion> read_export_question(std::string_view text);

// States that are read chunk by chunk from outside, as by a backup: each is frozen with its first chunk, and
// kept until its last one was given and for as long as somebody goes on reading. The chunk before the last
// that was given may be asked for again. One thread.
class Exports {
 public:
  static constexpr std::size_t at_once_max = 2;
  static constexpr std::int64_t patience_ns = 30 * ns_per_s;

  using Freeze = std::function<Result<std::unique_ptr<FrozenState>>(const RangeId& range)>;
  explicit Exports(Freeze freeze) : freeze_(std::move(freeze)) {}

  // done: the text is the chunk, as kv::SnapshotWriter gives it. refused, with the reason: the question makes
  // no sense, too many are read at once, the engine can't, or the state is not kept any more.
  Answer answer(const RangeId& range, std::string_view question, MonoNs now_ns);
  // Lets go of what nobody reads any more.
  void tick(MonoNs now_ns);
  std::size_t size() const { return open_.size(); }

 private:
  struct Open {
    RangeId range;
    std::unique_ptr<FrozenState> state;
    MonoNs asked_ns = 0;
  };

  Status begin(const RangeId& range, std::uint64_t reader);

  const Freeze freeze_;
  std::map<std::uint64_t, Open> open_;  // by reader
};

}  // namespace tenon::store
