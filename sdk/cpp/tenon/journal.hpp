/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/log.h>

#include <cstring>
#include <memory>
#include <span>

#include <tenon/plugin.hpp>

TENON_SDK_BEGIN

// Base of a plugin of the kind log. (log.hpp is the broker's log of events; this is the one of Raft.) All
// calls [store]: one thread for write_v and compact, one for the reads, at the same time. Derived names a
// class Journal and has
//   std::unique_ptr<Journal> open()                                                        throws a Failure
// Journal has, with statuses where the ABI has outcomes,
//   tenon_status groups(tenon_log_group_fn fn, void* user)             full-size structs; hands on what fn
//   answers void write_v(std::span<const tenon_log_write> writes)                                  throws a
//   Failure void compact(tenon_group_id group, tenon_log_point base)                               throws a
//   Failure tenon_status read(tenon_group_id group, std::uint64_t begin, std::uint64_t end, std::uint64_t
//   bytes_max,
//                     tenon_log_page* ret_page)
//   tenon_status term_at(tenon_group_id group, std::uint64_t index, std::uint64_t* ret_term)
//   tenon_status bounds(tenon_group_id group, tenon_log_bounds* ret_bounds)                a full-size struct
//   void verify()                                                                          throws a Failure
//   void stats(tenon_log_stats* ret_stats)                                                 [any]; a full-size
//   struct
// Everything may throw a Failure.
template <class Derived>
class LogPlugin : public Plugin<Derived> {
 public:
  static constexpr const char* kind_id = TENON_LOG_ID;
  using Plugin<Derived>::Plugin;

  const void* table_for(std::string_view id) const {
    static constexpr tenon_log table = make_table();
    return id == TENON_LOG_ID ? &table : nullptr;
  }

 protected:
  ~LogPlugin() = default;

 private:
  // Cast from the handle of the ABI to the class of the plugin. The bodies see Derived complete.
  static auto* journal(tenon_journal* raw) { return reinterpret_cast<typename Derived::Journal*>(raw); }

  static tenon_status open_fn(tenon_plugin* p, tenon_journal** ret_journal, tenon_error* error) noexcept {
    return guarded(error, [&] {
      std::unique_ptr<typename Derived::Journal> made = Plugin<Derived>::self(p).open();
      *ret_journal = reinterpret_cast<tenon_journal*>(made.release());
    });
  }
  static void close_fn(tenon_journal* j) noexcept { delete journal(j); }
  static tenon_status groups_fn(tenon_journal* j, tenon_log_group_fn fn, void* user,
                                tenon_error* error) noexcept {
    return guarded(error, [&] { return journal(j)->groups(fn, user); });
  }
  static tenon_status write_fn(tenon_journal* j, const tenon_log_write* writes, std::uint64_t count,
                               tenon_error* error) noexcept {
    return guarded(error, [&] { journal(j)->write_v(std::span(writes, static_cast<std::size_t>(count))); });
  }
  static tenon_status compact_fn(tenon_journal* j, tenon_group_id group, tenon_log_point base,
                                 tenon_error* error) noexcept {
    return guarded(error, [&] { journal(j)->compact(group, base); });
  }
  static tenon_status read_fn(tenon_journal* j, tenon_group_id group, std::uint64_t begin, std::uint64_t end,
                              std::uint64_t bytes_max, tenon_log_page* ret_page,
                              tenon_error* error) noexcept {
    return guarded(error, [&] { return journal(j)->read(group, begin, end, bytes_max, ret_page); });
  }
  static tenon_status term_at_fn(tenon_journal* j, tenon_group_id group, std::uint64_t index,
                                 std::uint64_t* ret_term) noexcept {
    return guarded(nullptr, [&] { return journal(j)->term_at(group, index, ret_term); });
  }
  static tenon_status bounds_fn(tenon_journal* j, tenon_group_id group,
                                tenon_log_bounds* ret_bounds) noexcept {
    return guarded(nullptr, [&] {
      tenon_log_bounds bounds{};
      bounds.struct_size = sizeof bounds;
      const tenon_status status = journal(j)->bounds(group, &bounds);
      if (status == TENON_OK) copy_out(bounds, ret_bounds);
      return status;
    });
  }
  static tenon_status verify_fn(tenon_journal* j, tenon_error* error) noexcept {
    return guarded(error, [&] { journal(j)->verify(); });
  }
  static tenon_status stats_fn(tenon_journal* j, tenon_log_stats* ret_stats) noexcept {
    return guarded(nullptr, [&] {
      tenon_log_stats stats{};
      stats.struct_size = sizeof stats;
      journal(j)->stats(&stats);
      copy_out(stats, ret_stats);
    });
  }

  // Writes an out-struct as far as the host's version of it reaches, which its struct_size says and keeps.
  template <class Struct>
  static void copy_out(Struct& mine, Struct* host) {
    mine.struct_size = host->struct_size;
    std::memcpy(host, &mine, host->struct_size < sizeof mine ? host->struct_size : sizeof mine);
  }

  static constexpr tenon_log make_table() {
    tenon_log t{};
    t.struct_size = sizeof t;
    t.open = open_fn;
    t.close = close_fn;
    t.groups = groups_fn;
    t.write_v = write_fn;
    t.compact = compact_fn;
    t.read = read_fn;
    t.term_at = term_at_fn;
    t.bounds = bounds_fn;
    t.verify = verify_fn;
    t.stats = stats_fn;
    return t;
  }
};

TENON_SDK_END
