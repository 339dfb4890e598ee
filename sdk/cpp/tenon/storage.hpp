/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/storage.h>

#include <cstring>
#include <memory>
#include <span>

#include <tenon/plugin.hpp>

TENON_SDK_BEGIN

// Base of a storage engine. All calls [store] unless said otherwise. Derived names a class Engine and has
//   std::unique_ptr<Engine> open(tenon_engine_info* ret_info)                               throws a Failure
// Engine names Snapshot, Iterator and Export and has, with statuses where the ABI has outcomes,
//   tenon_status write_v(std::span<const tenon_write_batch>, std::uint32_t durability)
//   void sync(); void verify(); void checkpoint(const char* path)                           throw a Failure
//   tenon_status get(const Snapshot*, std::uint32_t space, tenon_bytes key, tenon_bytes* ret_value)
//   std::unique_ptr<Snapshot> snapshot()
//   std::unique_ptr<Iterator> iterate(const Snapshot*, std::uint32_t space, tenon_bytes begin, tenon_bytes
//   end,
//                                     std::uint32_t flags)
//   std::unique_ptr<Export> export_range(const Snapshot*, std::uint32_t space, tenon_bytes begin, tenon_bytes
//   end) void import_chunk(std::uint32_t space, tenon_bytes chunk)                               throws a
//   Failure void stats(tenon_storage_stats* ret_stats)                                              [any]; a
//   full-size struct
// Iterator has tenon_status next(std::uint64_t count_max, std::uint64_t bytes_max, tenon_page* ret_page),
// Export has tenon_status next(std::uint64_t bytes_max, tenon_bytes* ret_chunk). Everything may throw a
// Failure.
template <class Derived>
class StoragePlugin : public Plugin<Derived> {
 public:
  static constexpr const char* kind_id = TENON_STORAGE_ID;
  using Plugin<Derived>::Plugin;

  const void* table_for(std::string_view id) const {
    static constexpr tenon_storage table = make_table();
    return id == TENON_STORAGE_ID ? &table : nullptr;
  }

 protected:
  ~StoragePlugin() = default;

 private:
  // Casts between the handles of the ABI and the classes of the engine. The bodies see Derived complete.
  static auto* engine(tenon_engine* raw) { return reinterpret_cast<typename Derived::Engine*>(raw); }
  static auto* view(const tenon_snapshot* raw) {
    return reinterpret_cast<const typename Derived::Engine::Snapshot*>(raw);
  }
  static auto* walk(tenon_iterator* raw) {
    return reinterpret_cast<typename Derived::Engine::Iterator*>(raw);
  }
  static auto* stream(tenon_export* raw) { return reinterpret_cast<typename Derived::Engine::Export*>(raw); }

  static tenon_status open_fn(tenon_plugin* p, tenon_engine** ret_engine, tenon_engine_info* ret_info,
                              tenon_error* error) noexcept {
    return guarded(error, [&] {
      tenon_engine_info info{};
      info.struct_size = sizeof info;
      std::unique_ptr<typename Derived::Engine> made = Plugin<Derived>::self(p).open(&info);
      copy_out(info, ret_info);
      *ret_engine = reinterpret_cast<tenon_engine*>(made.release());
    });
  }
  static void close_fn(tenon_engine* e) noexcept { delete engine(e); }
  static tenon_status write_fn(tenon_engine* e, const tenon_write_batch* batches, std::uint64_t count,
                               std::uint32_t durability, tenon_error* error) noexcept {
    return guarded(error, [&] {
      return engine(e)->write_v(std::span(batches, static_cast<std::size_t>(count)), durability);
    });
  }
  static tenon_status sync_fn(tenon_engine* e, tenon_error* error) noexcept {
    return guarded(error, [&] { engine(e)->sync(); });
  }
  static tenon_status get_fn(tenon_engine* e, const tenon_snapshot* s, std::uint32_t space, tenon_bytes key,
                             tenon_bytes* ret_value) noexcept {
    return guarded(nullptr, [&] { return engine(e)->get(view(s), space, key, ret_value); });
  }
  static tenon_status snapshot_fn(tenon_engine* e, tenon_snapshot** ret_snapshot,
                                  tenon_error* error) noexcept {
    return guarded(
        error, [&] { *ret_snapshot = reinterpret_cast<tenon_snapshot*>(engine(e)->snapshot().release()); });
  }
  static void snapshot_release_fn(tenon_engine*, tenon_snapshot* s) noexcept { delete view(s); }
  static tenon_status iter_open_fn(tenon_engine* e, const tenon_snapshot* s, std::uint32_t space,
                                   tenon_bytes begin, tenon_bytes end, std::uint32_t flags,
                                   tenon_iterator** ret_iterator, tenon_error* error) noexcept {
    return guarded(error, [&] {
      auto made = engine(e)->iterate(view(s), space, begin, end, flags);
      *ret_iterator = reinterpret_cast<tenon_iterator*>(made.release());
    });
  }
  static tenon_status iter_next_fn(tenon_iterator* i, std::uint64_t count_max, std::uint64_t bytes_max,
                                   tenon_page* ret_page, tenon_error* error) noexcept {
    return guarded(error, [&] { return walk(i)->next(count_max, bytes_max, ret_page); });
  }
  static void iter_close_fn(tenon_iterator* i) noexcept { delete walk(i); }
  static tenon_status checkpoint_fn(tenon_engine* e, const char* path, tenon_error* error) noexcept {
    return guarded(error, [&] { engine(e)->checkpoint(path); });
  }
  static tenon_status export_open_fn(tenon_engine* e, const tenon_snapshot* s, std::uint32_t space,
                                     tenon_bytes begin, tenon_bytes end, tenon_export** ret_export,
                                     tenon_error* error) noexcept {
    return guarded(error, [&] {
      auto made = engine(e)->export_range(view(s), space, begin, end);
      *ret_export = reinterpret_cast<tenon_export*>(made.release());
    });
  }
  static tenon_status export_next_fn(tenon_export* x, std::uint64_t bytes_max, tenon_bytes* ret_chunk,
                                     tenon_error* error) noexcept {
    return guarded(error, [&] { return stream(x)->next(bytes_max, ret_chunk); });
  }
  static void export_close_fn(tenon_export* x) noexcept { delete stream(x); }
  static tenon_status import_fn(tenon_engine* e, std::uint32_t space, tenon_bytes chunk,
                                tenon_error* error) noexcept {
    return guarded(error, [&] { engine(e)->import_chunk(space, chunk); });
  }
  static tenon_status verify_fn(tenon_engine* e, tenon_error* error) noexcept {
    return guarded(error, [&] { engine(e)->verify(); });
  }
  static tenon_status stats_fn(tenon_engine* e, tenon_storage_stats* ret_stats) noexcept {
    return guarded(nullptr, [&] {
      tenon_storage_stats stats{};
      stats.struct_size = sizeof stats;
      engine(e)->stats(&stats);
      copy_out(stats, ret_stats);
    });
  }

  // Writes an out-struct as far as the host's version of it reaches, which its struct_size says and keeps.
  template <class Struct>
  static void copy_out(Struct& mine, Struct* host) {
    mine.struct_size = host->struct_size;
    std::memcpy(host, &mine, host->struct_size < sizeof mine ? host->struct_size : sizeof mine);
  }

  static constexpr tenon_storage make_table() {
    tenon_storage t{};
    t.struct_size = sizeof t;
    t.open = open_fn;
    t.close = close_fn;
    t.write_v = write_fn;
    t.sync = sync_fn;
    t.get = get_fn;
    t.snapshot_acquire = snapshot_fn;
    t.snapshot_release = snapshot_release_fn;
    t.iter_open = iter_open_fn;
    t.iter_next = iter_next_fn;
    t.iter_close = iter_close_fn;
    t.checkpoint = checkpoint_fn;
    t.export_open = export_open_fn;
    t.export_next = export_next_fn;
    t.export_close = export_close_fn;
    t.import_chunk = import_fn;
    t.verify = verify_fn;
    t.stats = stats_fn;
    return t;
  }
};

TENON_SDK_END
