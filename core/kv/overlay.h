#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/state_view.h"

namespace tenon::kv {

// What was applied and is not yet in the engine, laid over what the engine holds. An item that is put and
// erased before the next flush costs the engine nothing, unless the engine may hold an older one; insert()
// is the word that it can't.
//
// A flush takes two steps, so that the engine may be written to while more is applied: begin_flush() closes
// the layer that is being filled, end_flush() says what became of it. Between the two, reads see both layers.
class Overlay final : public State {
 public:
  struct Change {
    std::optional<std::string> value;  // an empty value is an item, no value an erased one
    bool fresh = false;                // the engine holds none under this key, nor will by a flush under way
  };
  using Changes = std::map<std::string, Change, std::less<>>;

  // `engine` outlives the overlay, and changes by flushes of it only.
  explicit Overlay(const StateView& engine) : engine_(engine) {}

  Result<std::optional<std::string>> get(std::string_view key) const override;
  Status scan(std::string_view begin, std::string_view end, const Visit& visit) const override;
  void put(std::string_view key, std::string_view value) override;
  void insert(std::string_view key, std::string_view value) override;
  void erase(std::string_view key) override;

  // Keys, values and a fixed cost for each; both layers.
  std::size_t memory_bytes() const { return filling_.bytes + flushing_.bytes; }
  bool empty() const { return filling_.changes.empty() && flushing_.changes.empty(); }

  // From begin_changes() to keep_changes(), what is changed can be taken back: all since a mark.
  // REQUIRES: no flush begins in between; the marks are of this piece of work.
  using Mark = std::size_t;
  void begin_changes() { is_recording_ = true; }
  Mark mark() const { return undo_.size(); }
  void roll_back(Mark mark);
  void keep_changes();

  // REQUIRES: no flush is under way. What the engine is to be told; valid until end_flush().
  const Changes& begin_flush();
  // The engine holds it now.
  void end_flush();
  // The state below was replaced (a snapshot): nothing of what was here counts, nor does a flush under way.
  void clear();

 private:
  struct Layer {
    Changes changes;
    std::size_t bytes = 0;
  };
  // What is to be done to the filling layer: the word on `key`, which stands there, is to be `before`, or to
  // go; or `erased` is to be there again.
  struct Undo {
    const std::string* key = nullptr;
    std::optional<Change> before;
    Changes::node_type erased;
  };
  // The newest word on a key; null: none here.
  const Change* find(std::string_view key) const;
  // Of the filling layer: whether the word there is one on `key`.
  bool is_at(Changes::const_iterator at, std::string_view key) const;
  // `next`: the lower bound of the key, of which there is no word.
  void add(Changes::iterator next, std::string_view key, Change change);
  void replace(Changes::iterator at, Change change);
  void drop(Changes::iterator at);
  void undo(Undo& last);
  // Whether the flush under way erases it.
  bool is_gone_below(std::string_view key) const;

  const StateView& engine_;
  Layer filling_;
  Layer flushing_;
  bool flush_under_way_ = false;
  bool is_recording_ = false;
  std::vector<Undo> undo_;
};

}  // namespace tenon::kv
