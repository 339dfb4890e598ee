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
  const auto at = filling_.changes.lower_bound(key);
  if (is_at(at, key))
    replace(at, {std::string(value), at->second.fresh});
  else
    add(at, key, {std::string(value), is_gone_below(key)});
}

void Overlay::insert(std::string_view key, std::string_view value) {
  TENON_DCHECK(!get(key).ok() || !*get(key));
  const auto at = filling_.changes.lower_bound(key);
  // One that was erased in this layer may still be in the engine.
  if (is_at(at, key))
    replace(at, {std::string(value), false});
  else
    add(at, key, {std::string(value), true});
}

void Overlay::erase(std::string_view key) {
  const auto at = filling_.changes.lower_bound(key);
  if (is_at(at, key))
    at->second.fresh ? drop(at) : replace(at, {});
  else if (!is_gone_below(key))
    add(at, key, {});
}

void Overlay::roll_back(Mark mark) {
  for (; undo_.size() > mark; undo_.pop_back()) undo(undo_.back());
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

bool Overlay::is_at(Changes::const_iterator at, std::string_view key) const {
  return at != filling_.changes.end() && at->first == key;
}

void Overlay::add(Changes::iterator next, std::string_view key, Change change) {
  filling_.bytes += bytes_of(key, change);
  const auto at = filling_.changes.emplace_hint(next, key, std::move(change));
  if (is_recording_) undo_.push_back({&at->first, std::nullopt, {}});
}

void Overlay::replace(Changes::iterator at, Change change) {
  filling_.bytes += bytes_of(at->first, change);
  filling_.bytes -= bytes_of(at->first, at->second);
  std::swap(at->second, change);
  if (is_recording_) undo_.push_back({&at->first, std::move(change), {}});
}

void Overlay::drop(Changes::iterator at) {
  filling_.bytes -= bytes_of(at->first, at->second);
  auto erased = filling_.changes.extract(at);
  if (is_recording_) undo_.push_back({nullptr, std::nullopt, std::move(erased)});
}

void Overlay::undo(Undo& last) {
  if (last.erased) {
    filling_.bytes += bytes_of(last.erased.key(), last.erased.mapped());
    filling_.changes.insert(std::move(last.erased));
    return;
  }
  const auto at = filling_.changes.find(*last.key);
  TENON_BUG(at != filling_.changes.end(), "what is taken back stands there");
  filling_.bytes -= bytes_of(at->first, at->second);
  if (last.before) {
    filling_.bytes += bytes_of(at->first, *last.before);
    at->second = std::move(*last.before);
  } else {
    filling_.changes.erase(at);
  }
}

bool Overlay::is_gone_below(std::string_view key) const {
  const auto found = flushing_.changes.find(key);
  return found != flushing_.changes.end() && !found->second.value;
}

}  // namespace tenon::kv
