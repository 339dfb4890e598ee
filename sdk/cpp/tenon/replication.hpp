/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/replication.h>

#include <cstring>
#include <memory>
#include <span>

#include <tenon/plugin.hpp>

TENON_SDK_BEGIN

// Base of a replication engine. All calls [store], on one thread. Derived names a class Replicator and has
//   std::unique_ptr<Replicator> open(const tenon_replication_open&)                       throws a Failure
// Replicator names a class Group, owns the groups, and has
//   Group* group_open(const tenon_group_open&)                                            throws a Failure
//   void step_v(std::span<const tenon_peer_message>)
//   void tick(std::int64_t now_mono_ns)
//   void persisted(std::uint64_t sequence)
//   void peer_state(std::uint64_t node, std::uint32_t state)
//   std::uint32_t turn()
// Group has, with statuses where the ABI has outcomes,
//   void close()                                                   ends the object, perhaps later
//   tenon_status propose(tenon_bytes data, tenon_log_point* ret_at)
//   tenon_status read_index(std::uint64_t context)
//   tenon_status change(const tenon_membership& target)
//   tenon_status transfer(std::uint64_t to)
//   void snapshot_sent(std::uint64_t to, tenon_status status, std::uint64_t index)
//   tenon_status snapshot_installed(tenon_log_point at, const tenon_membership&)
//   tenon_status status(tenon_group_status* ret_status)                                   a full-size struct
//   void campaign()
//   tenon_status conclude(tenon_log_point* ret_end)
// Everything may throw a Failure; what a call without a status throws is dropped.
template <class Derived>
class ReplicationPlugin : public Plugin<Derived> {
 public:
  static constexpr const char* kind_id = TENON_REPLICATION_ID;
  using Plugin<Derived>::Plugin;

  const void* table_for(std::string_view id) const {
    static constexpr tenon_replication table = make_table();
    return id == TENON_REPLICATION_ID ? &table : nullptr;
  }

 protected:
  ~ReplicationPlugin() = default;

 private:
  // Casts between the handles of the ABI and the classes of the engine. The bodies see Derived complete.
  static auto* machine(tenon_replicator* raw) { return reinterpret_cast<typename Derived::Replicator*>(raw); }
  static auto* member(tenon_group* raw) {
    return reinterpret_cast<typename Derived::Replicator::Group*>(raw);
  }

  static tenon_status open_fn(tenon_plugin* p, const tenon_replication_open* open,
                              tenon_replicator** ret_replicator, tenon_error* error) noexcept {
    return guarded(error, [&] {
      std::unique_ptr<typename Derived::Replicator> made = Plugin<Derived>::self(p).open(copy_in(open));
      *ret_replicator = reinterpret_cast<tenon_replicator*>(made.release());
    });
  }
  static void close_fn(tenon_replicator* r) noexcept {
    guarded_void([&] { delete machine(r); });
  }
  static tenon_status group_open_fn(tenon_replicator* r, const tenon_group_open* open,
                                    tenon_group** ret_group, tenon_error* error) noexcept {
    return guarded(
        error, [&] { *ret_group = reinterpret_cast<tenon_group*>(machine(r)->group_open(copy_in(open))); });
  }
  static void group_close_fn(tenon_group* g) noexcept {
    guarded_void([&] { member(g)->close(); });
  }
  static void step_fn(tenon_replicator* r, const tenon_peer_message* messages, std::uint64_t count) noexcept {
    guarded_void([&] { machine(r)->step_v(std::span(messages, static_cast<std::size_t>(count))); });
  }
  static void tick_fn(tenon_replicator* r, std::int64_t now_mono_ns) noexcept {
    guarded_void([&] { machine(r)->tick(now_mono_ns); });
  }
  static void persisted_fn(tenon_replicator* r, std::uint64_t sequence) noexcept {
    guarded_void([&] { machine(r)->persisted(sequence); });
  }
  static void peer_state_fn(tenon_replicator* r, std::uint64_t node, std::uint32_t state) noexcept {
    guarded_void([&] { machine(r)->peer_state(node, state); });
  }
  static std::uint32_t turn_fn(tenon_replicator* r) noexcept {
    std::uint32_t more = 0;
    guarded_void([&] { more = machine(r)->turn(); });
    return more;
  }
  static tenon_status propose_fn(tenon_group* g, tenon_bytes data, tenon_log_point* ret_at) noexcept {
    return guarded(nullptr, [&] { return member(g)->propose(data, ret_at); });
  }
  static tenon_status read_index_fn(tenon_group* g, std::uint64_t context) noexcept {
    return guarded(nullptr, [&] { return member(g)->read_index(context); });
  }
  static tenon_status change_fn(tenon_group* g, const tenon_membership* target) noexcept {
    return guarded(nullptr, [&] { return member(g)->change(copy_in(target)); });
  }
  static void campaign_fn(tenon_group* g) noexcept {
    guarded_void([&] { member(g)->campaign(); });
  }
  static tenon_status conclude_fn(tenon_group* g, tenon_log_point* ret_end) noexcept {
    return guarded(nullptr, [&] { return member(g)->conclude(ret_end); });
  }
  static tenon_status transfer_fn(tenon_group* g, std::uint64_t to) noexcept {
    return guarded(nullptr, [&] { return member(g)->transfer(to); });
  }
  static void snapshot_sent_fn(tenon_group* g, std::uint64_t to, tenon_status status,
                               std::uint64_t index) noexcept {
    guarded_void([&] { member(g)->snapshot_sent(to, status, index); });
  }
  static tenon_status snapshot_installed_fn(tenon_group* g, tenon_log_point at,
                                            const tenon_membership* membership) noexcept {
    return guarded(nullptr, [&] { return member(g)->snapshot_installed(at, copy_in(membership)); });
  }
  static tenon_status status_fn(tenon_group* g, tenon_group_status* ret_status) noexcept {
    return guarded(nullptr, [&] {
      tenon_group_status status{};
      status.struct_size = sizeof status;
      const tenon_status result = member(g)->status(&status);
      if (result == TENON_OK) copy_out(status, ret_status);
      return result;
    });
  }

  // A full-size copy of what the host's version of a struct holds; the rest is zero.
  template <class Struct>
  static Struct copy_in(const Struct* host) {
    Struct mine{};
    std::memcpy(&mine, host, host->struct_size < sizeof mine ? host->struct_size : sizeof mine);
    mine.struct_size = sizeof mine;
    return mine;
  }
  // Writes an out-struct as far as the host's version of it reaches, which its struct_size says and keeps.
  template <class Struct>
  static void copy_out(Struct& mine, Struct* host) {
    mine.struct_size = host->struct_size;
    std::memcpy(host, &mine, host->struct_size < sizeof mine ? host->struct_size : sizeof mine);
  }

  static constexpr tenon_replication make_table() {
    tenon_replication t{};
    t.struct_size = sizeof t;
    t.open = open_fn;
    t.close = close_fn;
    t.group_open = group_open_fn;
    t.group_close = group_close_fn;
    t.step_v = step_fn;
    t.tick = tick_fn;
    t.persisted = persisted_fn;
    t.peer_state = peer_state_fn;
    t.turn = turn_fn;
    t.propose = propose_fn;
    t.read_index = read_index_fn;
    t.change = change_fn;
    t.transfer = transfer_fn;
    t.snapshot_sent = snapshot_sent_fn;
    t.snapshot_installed = snapshot_installed_fn;
    t.status = status_fn;
    t.campaign = campaign_fn;
    t.conclude = conclude_fn;
    return t;
  }
};

TENON_SDK_END
