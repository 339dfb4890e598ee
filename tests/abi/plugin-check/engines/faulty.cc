// A storage engine over maps with one fault; FAULT says which.
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <tenon/data_dir.hpp>
#include <tenon/module.hpp>
#include <tenon/storage.hpp>

#include "journal.h"

namespace tenon::test {

enum class Fault : std::uint8_t {
  deletes_the_end,     // of a range
  shows_later_writes,  // to snapshots
  keeps_half,          // of a call that it refuses
  claims_durable,      // and keeps nothing
  exports_less,        // by one row
  ignores_sync,        // that fails
  ignores_full,        // disks
  belongs_to_thread,   // that has written first
  takes_few_spaces,    // less than are needed
  has_no_limits,       // which is right
};
constexpr Fault fault = Fault::FAULT;
constexpr bool is_durable = fault == Fault::ignores_sync || fault == Fault::ignores_full;

constexpr std::uint64_t key_bytes_max = fault == Fault::has_no_limits ? UINT64_MAX : 128 * 1024;
constexpr std::uint32_t space_max = fault == Fault::has_no_limits      ? UINT32_MAX
                                    : fault == Fault::takes_few_spaces ? 7
                                                                       : 100;

using Key = std::pair<std::uint32_t, std::string>;
using Rows = std::map<Key, std::string>;

inline std::string own(tenon_bytes bytes) {
  return std::string(sdk::text_of(bytes));
}
inline tenon_bytes abi(const std::string& text) {
  return sdk::abi(std::string_view(text));
}
inline void append_length(std::string& chunk, std::size_t length) {
  for (int i = 0; i < 4; ++i) chunk += static_cast<char>(length >> (8 * i));
}
inline std::size_t length_at(std::string_view chunk) {
  std::size_t length = 0;
  for (int i = 3; i >= 0; --i)
    length = length << 8 | static_cast<std::uint8_t>(chunk[static_cast<std::size_t>(i)]);
  return length;
}

// The rows of a range, upwards.
inline Rows part_of(const Rows& rows, std::uint32_t space, tenon_bytes begin, tenon_bytes end) {
  const auto first = rows.lower_bound({space, own(begin)});
  const auto last = end.len > 0 ? rows.lower_bound({space, own(end)}) : rows.lower_bound({space + 1, {}});
  Rows part;
  for (auto at = first; at != rows.end() && at != last && at->first.first == space; ++at) part.insert(*at);
  return end.len > 0 && own(end) <= own(begin) ? Rows() : part;
}

struct Engine {
  struct Snapshot {
    Rows rows;
  };
  class Iterator {
   public:
    Iterator(const Rows& rows, bool reverse) : rows_(rows.begin(), rows.end()) {
      if (reverse) rows_ = {rows_.rbegin(), rows_.rend()};
    }
    tenon_status next(std::uint64_t count_max, std::uint64_t, tenon_page* ret_page) {
      if (at_ == rows_.size()) return TENON_END;
      page_.clear();
      for (; at_ < rows_.size() && (page_.empty() || page_.size() < count_max); ++at_)
        page_.push_back({abi(rows_[at_].first.second), abi(rows_[at_].second)});
      *ret_page = {page_.data(), page_.size()};
      return TENON_OK;
    }

   private:
    std::vector<std::pair<Key, std::string>> rows_;
    std::vector<tenon_item> page_;
    std::size_t at_ = 0;
  };
  class Export {
   public:
    explicit Export(const Rows& rows) : rows_(rows) {
      if (fault == Fault::exports_less && !rows_.empty()) rows_.erase(std::prev(rows_.end()));
    }
    tenon_status next(std::uint64_t, tenon_bytes* ret_chunk) {
      if (rows_.empty()) return TENON_END;
      const auto& [key, value] = *rows_.begin();
      chunk_.clear();
      append_length(chunk_, key.second.size());
      append_length(chunk_, value.size());
      chunk_ += key.second + value;
      rows_.erase(rows_.begin());
      *ret_chunk = abi(chunk_);
      return TENON_OK;
    }

   private:
    Rows rows_;
    std::string chunk_;
  };

  static tenon_status refusal(const tenon_write& write) {
    const bool is_right =
        write.type <= TENON_WRITE_DELETE_RANGE && write.space <= space_max && write.key.len <= key_bytes_max;
    return is_right ? TENON_OK : TENON_E_INVALID;
  }
  void apply(const tenon_write& write) {
    const Key key{write.space, own(write.key)};
    if (write.type == TENON_WRITE_PUT) {
      rows[key] = own(write.value);
    } else if (write.type == TENON_WRITE_DELETE) {
      rows.erase(key);
    } else {
      for (const auto& row : part_of(rows, write.space, write.key, write.value)) rows.erase(row.first);
      if (fault == Fault::deletes_the_end && write.value.len > 0) rows.erase({write.space, own(write.value)});
    }
  }
  tenon_status write_v(std::span<const tenon_write_batch> batches, std::uint32_t durability) {
    if (is_latched) return TENON_E_IO_FATAL;
    if (writer == std::thread::id()) writer = std::this_thread::get_id();
    if (fault == Fault::belongs_to_thread && writer != std::this_thread::get_id()) return TENON_E_THREAD;
    Rows before = rows;
    const tenon_status status = apply_all(batches, before);
    if (status != TENON_OK || !journal) return status;
    const tenon_status kept = keep(batches, durability);
    is_latched = kept == TENON_E_IO_FATAL;
    if (kept == TENON_E_NOSPACE) rows = std::move(before);
    return kept;
  }
  // Makes the call durable, after it was carried out.
  tenon_status keep(std::span<const tenon_write_batch> batches, std::uint32_t durability) {
    std::string record;
    for (const tenon_write_batch& batch : batches)
      for (std::uint64_t i = 0; i < batch.count; ++i) Journal::add(record, batch.writes[i]);
    if (const tenon_status status = journal->append(record);
        status != TENON_OK && fault != Fault::ignores_full)
      return status;
    const tenon_status synced = durability == TENON_DURABLE_DISK ? journal->sync() : TENON_OK;
    return fault == Fault::ignores_sync ? TENON_OK : synced;
  }
  tenon_status apply_all(std::span<const tenon_write_batch> batches, const Rows& before) {
    for (const tenon_write_batch& batch : batches)
      for (std::uint64_t i = 0; i < batch.count; ++i) {
        if (const tenon_status status = refusal(batch.writes[i]); status != TENON_OK) {
          if (fault != Fault::keeps_half) rows = before;
          return status;
        }
        apply(batch.writes[i]);
      }
    return TENON_OK;
  }
  tenon_status sync() {
    if (is_latched) return TENON_E_IO_FATAL;
    if (journal && journal->sync() != TENON_OK) is_latched = fault != Fault::ignores_sync;
    return is_latched ? TENON_E_IO_FATAL : TENON_OK;
  }
  void verify() {}
  void checkpoint(const char*) { throw sdk::Failure(TENON_E_UNSUPPORTED, "no checkpoints"); }
  const Rows& seen(const Snapshot* snapshot) const {
    return snapshot && fault != Fault::shows_later_writes ? snapshot->rows : rows;
  }
  tenon_status get(const Snapshot* snapshot, std::uint32_t space, tenon_bytes key, tenon_bytes* ret_value) {
    const auto found = seen(snapshot).find({space, own(key)});
    if (found == seen(snapshot).end()) return TENON_E_NOT_FOUND;
    *ret_value = abi(found->second);
    return TENON_OK;
  }
  std::unique_ptr<Snapshot> snapshot() { return std::make_unique<Snapshot>(Snapshot{rows}); }
  std::unique_ptr<Iterator> iterate(const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
                                    tenon_bytes end, std::uint32_t flags) {
    return std::make_unique<Iterator>(part_of(seen(snapshot), space, begin, end),
                                      (flags & TENON_ITER_REVERSE) != 0);
  }
  std::unique_ptr<Export> export_range(const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
                                       tenon_bytes end) {
    return std::make_unique<Export>(part_of(seen(snapshot), space, begin, end));
  }
  void import_chunk(std::uint32_t space, tenon_bytes chunk) {
    std::string_view left = sdk::text_of(chunk);
    Rows taken;
    while (!left.empty()) {
      const std::size_t key = left.size() < 8 ? 0 : length_at(left),
                        value = left.size() < 8 ? 0 : length_at(left.substr(4));
      if (left.size() < 8 || left.size() - 8 < key + value) throw sdk::Failure(TENON_E_CORRUPT, "half a row");
      taken[{space, std::string(left.substr(8, key))}] = left.substr(8 + key, value);
      left.remove_prefix(8 + key + value);
    }
    std::string record;
    for (auto& [key, value] : taken) {
      Journal::add(record, {TENON_WRITE_PUT, key.first, abi(key.second), abi(value)});
      rows[key] = value;
    }
    if (journal) sdk::check(journal->append(record), "an import");
  }
  void stats(tenon_storage_stats*) {}

  Rows rows;
  std::thread::id writer;            // the first one
  std::unique_ptr<Journal> journal;  // where something is kept
  bool is_latched = false;
};

class Faulty : public sdk::StoragePlugin<Faulty> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_DATA_DIR_ID, nullptr};
  static constexpr sdk::PluginInfo info{
      .id = "org.tenon.test.engine", .name = "faulty", .version = "1.0", .requires_host = required_tables};
  using Engine = test::Engine;
  using StoragePlugin::StoragePlugin;

  void init() { dir_ = sdk::data_dir(host()); }
  std::unique_ptr<Engine> open(tenon_engine_info* ret_info) {
    const bool claims = is_durable || fault == Fault::claims_durable;
    *ret_info = {
        sizeof *ret_info, claims ? TENON_STORAGE_CAP_DURABLE : 0u, key_bytes_max, 1u << 30, space_max, 0};
    auto engine = std::make_unique<Engine>();
    if (!is_durable) return engine;
    engine->journal = std::make_unique<Journal>(dir_ + "/journal");
    engine->journal->replay([&](const tenon_write& write) { engine->apply(write); });
    return engine;
  }

 private:
  std::string dir_;
};

}  // namespace tenon::test

TENON_CPP_MODULE(1, "org.tenon.test.engine", "1.0", tenon::test::Faulty)
