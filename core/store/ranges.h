#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kv/range_table.h"
#include "kv/reshape/recovery.h"

namespace tenon::store {

// Which range of which store holds a key, as far as this node has heard. One thread.
class Ranges {
 public:
  // Empty: no range is known that holds it.
  std::optional<kv::RangeId> find(kv::StoreId store, std::string_view key) const {
    const auto table = tables_.find(store);
    const kv::RangeTable::Entry* entry = table == tables_.end() ? nullptr : table->second.find(key);
    return entry ? std::optional(entry->id) : std::nullopt;
  }
  // Null: the range is not known. Valid until the next change.
  const kv::Descriptor* descriptor(const kv::RangeId& id) const {
    for (const auto& [store, table] : tables_)
      if (const kv::RangeTable::Entry* entry = table.find(id)) return &entry->descriptor;
    return nullptr;
  }
  // The range was absorbed by another one, or recovered as another incarnation.
  bool has_ended(const kv::RangeId& id) const {
    for (const auto& [store, table] : tables_)
      if (table.is_retired(id) || table.is_superseded(id)) return true;
    return false;
  }
  // Another incarnation of it counts.
  bool is_superseded(const kv::RangeId& id) const {
    for (const auto& [store, table] : tables_)
      if (table.is_superseded(id)) return true;
    return false;
  }
  // It has ended, and not just in favour of a provisional range.
  bool has_ended_for_good(const kv::RangeId& id) const {
    for (const auto& [store, table] : tables_)
      if (table.has_ended_for_good(id)) return true;
    return false;
  }
  // A replica of the range as `descriptor` says belongs to a past that was given up: the range, or the one
  // that holds its first key by now, was recovered without it. Of a provisional range: one that holds any of
  // its keys has outlived it.
  bool is_past(const kv::RangeId& id, const kv::Descriptor& descriptor) const;
  // What makes it so is a provisional range, which it may outlive. REQUIRES: is_past(), of none that is
  // provisional.
  bool is_past_for_now(const kv::RangeId& id, const kv::Descriptor& descriptor) const;
  // fn(const kv::RangeTable::Entry&) for each range that holds some of the keys.
  template <class Fn>
  void each_in(const kv::Descriptor& descriptor, Fn&& fn) const {
    const auto table = tables_.find(descriptor.store);
    if (table == tables_.end()) return;
    for (const auto& piece : table->second.pieces(descriptor.begin, descriptor.end))
      if (piece.entry) fn(*piece.entry);
  }
  // What part of its keys is claimed with a later epoch by other ranges, and with which epoch at most.
  struct Claims {
    std::uint32_t boundary = 0;  // the highest with which anybody claims any of the keys
    bool is_taken = false;       // the first key is another range's
    std::string taken_from;      // from this key on, others hold the rest; empty: none does
  };
  Claims claims_on(const kv::RangeId& id, const kv::Descriptor& descriptor) const;
  // False: nothing new.
  bool learn(const kv::RangeId& id, const kv::Descriptor& descriptor) {
    kv::RangeTable& table = tables_.try_emplace(descriptor.store, descriptor.store).first->second;
    const bool is_new = table.update(id, descriptor) == kv::RangeTable::Update::taken;
    if (is_new) ++version_;
    return is_new;
  }
  // Counts the changes.
  std::uint64_t version() const { return version_; }
  // fn(const kv::RangeTable::Entry&) for each range that is known.
  template <class Fn>
  void each(Fn&& fn) const {
    for (const auto& [store, table] : tables_) table.each(fn);
  }

 private:
  std::map<kv::StoreId, kv::RangeTable> tables_;
  std::uint64_t version_ = 0;
};

}  // namespace tenon::store
