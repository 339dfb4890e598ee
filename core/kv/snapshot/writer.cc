#include "kv/snapshot/writer.h"

#include <utility>

namespace tenon::kv {

// Copies of what a scan showed; the views in SnapshotRow are made once no more is added.
struct SnapshotWriter::Rows {
  std::vector<std::pair<std::string, std::string>> items;

  std::vector<SnapshotRow> views() const {
    std::vector<SnapshotRow> views;
    views.reserve(items.size());
    for (const auto& [key, value] : items) views.push_back({key, value});
    return views;
  }
};

SnapshotWriter::SnapshotWriter(RangeRecord record, const StateView& state, const StateView& sources,
                               std::size_t chunk_bytes)
    : record_(std::move(record)), state_(state), sources_(sources), chunk_bytes_(chunk_bytes), places_(1) {}

Result<std::string> SnapshotWriter::chunk(std::uint64_t number) {
  if (number >= places_.size())
    return Error{Errc::invalid, "snapshot: chunk " + std::to_string(number) + " is not among the first " +
                                    std::to_string(places_.size())};
  Place place = places_[number];
  if (place.part == Place::Part::header) {
    begins_at(number + 1, {Place::Part::state, record_.descriptor.begin, {}});
    return encode({.id = id(), .number = number, .record = record_});
  }
  // A space may have no more rows.
  while (place.part != Place::Part::end) {
    Rows rows;
    Place next;
    const Status read = read_rows(place, rows, next);
    if (!read) return read.error();
    if (!rows.items.empty()) {
      begins_at(number + 1, std::move(next));
      return encode(
          {.id = id(),
           .number = number,
           .kind = SnapshotChunk::Kind::rows,
           .space = place.part == Place::Part::state ? SnapshotSpace::state : SnapshotSpace::sources,
           .rows = rows.views()});
    }
    place = std::move(next);
  }
  is_complete_ = true;
  return encode({.id = id(), .number = number, .kind = SnapshotChunk::Kind::end, .counts = place.counts});
}

Status SnapshotWriter::read_rows(const Place& place, Rows& ret_rows, Place& ret_next) const {
  const bool is_state = place.part == Place::Part::state;
  const std::string end = is_state ? record_.descriptor.end : end_of_prefix(range_key(record_.id));
  std::size_t bytes = 0;
  bool is_full = false;
  const Status read =
      (is_state ? state_ : sources_).scan(place.key, end, [&](std::string_view key, std::string_view value) {
        ret_rows.items.emplace_back(key, value);
        bytes += key.size() + value.size();
        is_full = bytes >= chunk_bytes_;
        return !is_full;
      });
  if (!read) return read;
  ret_next = place;
  (is_state ? ret_next.counts.state : ret_next.counts.sources) += ret_rows.items.size();
  if (is_full) {
    // The first key that may come behind the last one.
    ret_next.key = ret_rows.items.back().first + '\0';
  } else if (is_state) {
    ret_next.part = Place::Part::sources;
    ret_next.key = range_key(record_.id);
  } else {
    ret_next.part = Place::Part::end;
  }
  return {};
}

void SnapshotWriter::begins_at(std::uint64_t number, Place place) {
  if (number == places_.size()) places_.push_back(std::move(place));
}

}  // namespace tenon::kv
