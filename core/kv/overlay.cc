#include "kv/overlay.h"

#include <utility>

#include "base/assert.h"

namespace tenon::kv {
namespace {

// What a change takes beside its key and its value: the node of the map and the two strings in it.
constexpr std::size_t change_bytes = sizeof(Overlay::Changes::value_type) + 4 * sizeof(void*);

std::size_t bytes_of(std::string_view key, const Overlay::Change& change) {
  return change_bytes + key.size() + (change.value ? change.value->size() : 0);
}

// Walks two layers as one, upwards; where both have a word on a key, that of the upper one counts.
class LayerCursor {
 public:
  LayerCursor(const Overlay::Changes& upper, const Overlay::Changes& lower, std::string_view begin,
              std::string_view end)
      : upper_(upper.lower_bound(begin), end_of(upper, end)),
        lower_(lower.lower_bound(begin), end_of(lower, end)) {}

  bool at_end() const { return upper_.at_end() && lower_.at_end(); }
  // REQUIRES of both: not at_end().
  const Overlay::Changes::value_type& current() const { return *(is_upper_first() ? upper_ : lower_).at; }
  void advance() {
    if (!is_upper_first()) {
      ++lower_.at;
      return;
    }
    if (!lower_.at_end() && lower_.at->first == upper_.at->first) ++lower_.at;
    ++upper_.at;
  }

 private:
  using Iterator = Overlay::Changes::const_iterator;
  struct Walk {
    Walk(Iterator begin, Iterator end) : at(begin), end(end) {}
    bool at_end() const { return at == end; }
    Iterator at;
    Iterator end;
  };

  static Iterator end_of(const Overlay::Changes& changes, std::string_view end) {
    return end.empty() ? changes.end() : changes.lower_bound(end);
  }
  bool is_upper_first() const {
    if (upper_.at_end() || lower_.at_end()) return lower_.at_end();
    return upper_.at->first <= lower_.at->first;
  }

  Walk upper_;
  Walk lower_;
};

// The items of the overlay among those of the engine, in order.
class MergedScan {
 public:
  MergedScan(LayerCursor changes, const StateView::Visit& visit) : changes_(changes), visit_(visit) {}

  // An item of the engine: false ends the walk.
  bool on_engine_item(std::string_view key, std::string_view value) {
    if (!visit_changes_below(key)) return false;
    // A word of the overlay on this very key comes next by itself.
    if (!changes_.at_end() && changes_.current().first == key) return true;
    return goes_on_ = visit_(key, value);
  }
  void on_engine_end() {
    while (goes_on_ && !changes_.at_end()) visit_change();
  }

 private:
  bool visit_changes_below(std::string_view key) {
    while (goes_on_ && !changes_.at_end() && changes_.current().first < key) visit_change();
    return goes_on_;
  }
  void visit_change() {
    const auto& [key, change] = changes_.current();
    if (change.value) goes_on_ = visit_(key, *change.value);
    changes_.advance();
  }

  LayerCursor changes_;
  const StateView::Visit& visit_;
  bool goes_on_ = true;
};

}  // namespace

Result<std::optional<std::string>> Overlay::get(std::string_view key) const {
  if (const Change* change = find(key)) return change->value;
  return engine_.get(key);
}

Status Overlay::scan(std::string_view begin, std::string_view end, const Visit& visit) const {
  if (!end.empty() && end <= begin) return {};
  MergedScan scan(LayerCursor(filling_.changes, flushing_.changes, begin, end), visit);
  Status read = engine_.scan(begin, end, [&scan](std::string_view key, std::string_view value) {
    return scan.on_engine_item(key, value);
  });
  if (read) scan.on_engine_end();
  return read;
}

void Overlay::put(std::string_view key, std::string_view value) {
  const auto known = filling_.changes.find(key);
  const bool is_fresh = known != filling_.changes.end() ? known->second.fresh : is_gone_below(key);
  set(key, Change{std::string(value), is_fresh});
}

void Overlay::insert(std::string_view key, std::string_view value) {
  TENON_DCHECK(!get(key).ok() || !*get(key));
  // One that was erased in this layer may still be in the engine.
  set(key, Change{std::string(value), !filling_.changes.contains(key)});
}

void Overlay::erase(std::string_view key) {
  const auto known = filling_.changes.find(key);
  const bool is_fresh = known != filling_.changes.end() ? known->second.fresh : is_gone_below(key);
  if (is_fresh)
    set(key, std::nullopt);
  else
    set(key, Change{});
}

void Overlay::roll_back(Mark mark) {
  is_recording_ = false;
  for (; undo_.size() > mark; undo_.pop_back()) set(undo_.back().key, std::move(undo_.back().before));
  is_recording_ = true;
}

void Overlay::keep_changes() {
  is_recording_ = false;
  undo_.clear();
}

const Overlay::Changes& Overlay::begin_flush() {
  TENON_BUG(!flush_under_way_, "one flush at a time");
  TENON_BUG(!is_recording_, "a flush takes whole entries");
  flush_under_way_ = true;
  flushing_ = std::exchange(filling_, {});
  return flushing_.changes;
}

void Overlay::end_flush() {
  TENON_BUG(flush_under_way_, "no flush is under way");
  flush_under_way_ = false;
  flushing_ = {};
}

void Overlay::clear() {
  filling_ = {};
  flushing_ = {};
  flush_under_way_ = false;
  keep_changes();
}

const Overlay::Change* Overlay::find(std::string_view key) const {
  for (const Layer* layer : {&filling_, &flushing_}) {
    const auto found = layer->changes.find(key);
    if (found != layer->changes.end()) return &found->second;
  }
  return nullptr;
}

void Overlay::set(std::string_view key, std::optional<Change> change) {
  auto at = filling_.changes.lower_bound(key);
  const bool is_known = at != filling_.changes.end() && at->first == key;
  if (!is_known && !change) return;
  if (is_known) filling_.bytes -= bytes_of(key, at->second);
  if (change) filling_.bytes += bytes_of(key, *change);
  if (is_recording_)
    undo_.push_back({std::string(key), is_known ? std::optional(std::move(at->second)) : std::nullopt});

  if (!is_known)
    filling_.changes.emplace_hint(at, key, std::move(*change));
  else if (change)
    at->second = std::move(*change);
  else
    filling_.changes.erase(at);
}

bool Overlay::is_gone_below(std::string_view key) const {
  const auto found = flushing_.changes.find(key);
  return found != flushing_.changes.end() && !found->second.value;
}

}  // namespace tenon::kv
