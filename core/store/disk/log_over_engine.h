#pragma once

#include <tenon/draft/log.h>
#include <tenon/draft/storage.h>

#include <cstdint>
#include <mutex>

namespace tenon::store {

// tenon.log/1 over an engine of tenon.storage/1: what serves as a journal where stores name an engine of kind
// storage as their log.
//
// Each tenon_log_write is one batch, all batches of a call share one commit. The engine's promises are the
// journal's: durability, what a full disk or a failed fsync means, what damage costs. Groups with their bases
// and the terms of their entries are held in memory, entries are read from the engine each time.
//
// Keys, all numbers big-endian: (range, incarnation, index) in the space of entries, (range, incarnation) in
// that of groups. Values, little-endian: {u64 term, u32 type, u32 0, data}; {u64 base index, u64 base term,
// hard state}.
//
// The writer and the reader of the journal take turns at the engine, which serves one thread at a time, and
// so does whoever else uses it: a read waits for a commit that is under way; bounds and term_at do not.
class LogOverEngine {
 public:
  // Which spaces of the engine are the journal's.
  struct Spaces {
    std::uint32_t entries = 0;
    std::uint32_t groups = 1;
  };

  // All must outlive it. `turns` is held for each use of the engine, by everybody who uses it.
  LogOverEngine(const tenon_storage& storage, tenon_engine* engine, Spaces spaces, std::mutex& turns);
  LogOverEngine(const LogOverEngine&) = delete;
  LogOverEngine& operator=(const LogOverEngine&) = delete;

  // The table, and what its `open` takes for the plugin.
  const tenon_log& table() const;
  tenon_plugin* self() { return &self_; }

  const tenon_storage& storage() const { return storage_; }
  tenon_engine* engine() const { return engine_; }
  const Spaces& spaces() const { return spaces_; }
  std::mutex& turns() const { return turns_; }

 private:
  const tenon_storage& storage_;
  tenon_engine* const engine_;
  const Spaces spaces_;
  std::mutex& turns_;
  tenon_plugin self_{};
};

}  // namespace tenon::store
