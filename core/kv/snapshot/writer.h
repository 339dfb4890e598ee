#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "kv/range_record.h"
#include "kv/snapshot/chunk.h"
#include "kv/state_view.h"

namespace tenon::kv {

// What the rows of a chunk come to; the row that reaches it is the chunk's last.
constexpr std::size_t snapshot_chunk_bytes = std::size_t{256} * 1024;

// Gives out the chunks of a snapshot, one at a time: never the whole state in memory. It keeps where each
// chunk begins, so that a receiver may ask for one again. One thread at a time.
class SnapshotWriter {
 public:
  // The views show what a Range's show, behind the entry that the record names; they outlive the writer and
  // do not change while it lives.
  SnapshotWriter(RangeRecord record, const StateView& state, const StateView& sources,
                 std::size_t chunk_bytes = snapshot_chunk_bytes);

  SnapshotId id() const { return {record_.id, record_.applied}; }
  // The chunk of this number: one that was given before, or the next. invalid: there is none. Otherwise the
  // error of reading the views.
  Result<std::string> chunk(std::uint64_t number);
  // Whether the last chunk was given.
  bool is_complete() const { return is_complete_; }

 private:
  // Where a chunk begins, and what stands in those before it.
  struct Place {
    enum class Part : std::uint8_t { header, state, sources, end };
    Part part = Part::header;
    std::string key;
    SnapshotCounts counts;
  };
  struct Rows;

  // The rows from the place on, if there are any, and the place behind them.
  Status read_rows(const Place& place, Rows& ret_rows, Place& ret_next) const;
  void begins_at(std::uint64_t number, Place place);

  const RangeRecord record_;
  const StateView& state_;
  const StateView& sources_;
  const std::size_t chunk_bytes_;
  std::vector<Place> places_;  // of each chunk that may be asked for
  bool is_complete_ = false;
};

}  // namespace tenon::kv
