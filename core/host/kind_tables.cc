#include "host/kind_tables.h"

#include <span>
#include <string>

namespace tenon::host {
namespace {

using AnyFn = void (*)();

// One function pointer of a table.
struct Entry {
  const char* name;
  std::size_t offset;
};

AnyFn entry_of(const void* table, std::size_t offset) {
  AnyFn fn = nullptr;
  std::memcpy(&fn, static_cast<const std::uint8_t*>(table) + offset, sizeof fn);
  return fn;
}

Status require(const char* table_id, const void* table, std::span<const Entry> entries) {
  for (const Entry& e : entries)
    if (!entry_of(table, e.offset))
      return Error{Errc::invalid, std::string("its table ") + table_id + " has no " + e.name};
  return {};
}

constexpr Entry plugin_entries[] = {
    {"init", offsetof(tenon_plugin, init)},
    {"destroy", offsetof(tenon_plugin, destroy)},
    {"get_interface", offsetof(tenon_plugin, get_interface)},
};
constexpr Entry auth_entries[] = {{"authenticate", offsetof(tenon_auth, authenticate)}};
constexpr Entry permset_entries[] = {
    {"permset_retain", offsetof(tenon_auth, permset_retain)},
    {"permset_release", offsetof(tenon_auth, permset_release)},
};
constexpr Entry transport_entries[] = {
    {"listen", offsetof(tenon_transport, listen)},
    {"listener_port", offsetof(tenon_transport, listener_port)},
    {"accept_start", offsetof(tenon_transport, accept_start)},
    {"accept_stop", offsetof(tenon_transport, accept_stop)},
    {"listener_close", offsetof(tenon_transport, listener_close)},
    {"connect", offsetof(tenon_transport, connect)},
    {"send_v", offsetof(tenon_transport, send_v)},
    {"set_reading", offsetof(tenon_transport, set_reading)},
    {"close", offsetof(tenon_transport, close)},
};
constexpr Entry filter_entries[] = {
    {"open", offsetof(tenon_filter, open)},     {"receive", offsetof(tenon_filter, receive)},
    {"send_v", offsetof(tenon_filter, send_v)}, {"finish", offsetof(tenon_filter, finish)},
    {"close", offsetof(tenon_filter, close)},
};
constexpr Entry storage_entries[] = {
    {"open", offsetof(tenon_storage, open)},
    {"close", offsetof(tenon_storage, close)},
    {"write_v", offsetof(tenon_storage, write_v)},
    {"sync", offsetof(tenon_storage, sync)},
    {"get", offsetof(tenon_storage, get)},
    {"snapshot_acquire", offsetof(tenon_storage, snapshot_acquire)},
    {"snapshot_release", offsetof(tenon_storage, snapshot_release)},
    {"iter_open", offsetof(tenon_storage, iter_open)},
    {"iter_next", offsetof(tenon_storage, iter_next)},
    {"iter_close", offsetof(tenon_storage, iter_close)},
    {"checkpoint", offsetof(tenon_storage, checkpoint)},
    {"export_open", offsetof(tenon_storage, export_open)},
    {"export_next", offsetof(tenon_storage, export_next)},
    {"export_close", offsetof(tenon_storage, export_close)},
    {"import_chunk", offsetof(tenon_storage, import_chunk)},
    {"verify", offsetof(tenon_storage, verify)},
    {"stats", offsetof(tenon_storage, stats)},
};
constexpr Entry log_entries[] = {
    {"open", offsetof(tenon_log, open)},       {"close", offsetof(tenon_log, close)},
    {"groups", offsetof(tenon_log, groups)},   {"write_v", offsetof(tenon_log, write_v)},
    {"compact", offsetof(tenon_log, compact)}, {"read", offsetof(tenon_log, read)},
    {"term_at", offsetof(tenon_log, term_at)}, {"bounds", offsetof(tenon_log, bounds)},
    {"verify", offsetof(tenon_log, verify)},   {"stats", offsetof(tenon_log, stats)},
};
constexpr Entry replication_entries[] = {
    {"open", offsetof(tenon_replication, open)},
    {"close", offsetof(tenon_replication, close)},
    {"group_open", offsetof(tenon_replication, group_open)},
    {"group_close", offsetof(tenon_replication, group_close)},
    {"step_v", offsetof(tenon_replication, step_v)},
    {"tick", offsetof(tenon_replication, tick)},
    {"persisted", offsetof(tenon_replication, persisted)},
    {"peer_state", offsetof(tenon_replication, peer_state)},
    {"turn", offsetof(tenon_replication, turn)},
    {"propose", offsetof(tenon_replication, propose)},
    {"read_index", offsetof(tenon_replication, read_index)},
    {"change", offsetof(tenon_replication, change)},
    {"transfer", offsetof(tenon_replication, transfer)},
    {"snapshot_sent", offsetof(tenon_replication, snapshot_sent)},
    {"snapshot_installed", offsetof(tenon_replication, snapshot_installed)},
    {"status", offsetof(tenon_replication, status)},
};

constexpr Entry events_entries[] = {{"wishes", offsetof(tenon_events, wishes)},
                                    {"deliver", offsetof(tenon_events, deliver)}};
constexpr Entry intercept_entries[] = {{"wishes", offsetof(tenon_intercept, wishes)},
                                       {"intercept", offsetof(tenon_intercept, intercept)}};
constexpr Entry balancer_entries[] = {{"plan", offsetof(tenon_balancer, plan)}};

// Says "I still hold it": the host then keeps the request until the plugin completes, which is always safe.
tenon_status no_cancel(tenon_plugin*, void*, tenon_op) {
  return TENON_PENDING;
}

tenon_status no_refresh(tenon_plugin*, void*, const tenon_permset*, const tenon_permset**) {
  return TENON_E_UNSUPPORTED;
}

Status fill_auth(const void* offered, tenon_auth& table) {
  table = normalised<tenon_auth>(offered);
  if (Status s = require(TENON_AUTH_ID, &table, auth_entries); !s) return s;
  if (table.permset_check)
    if (Status s = require(TENON_AUTH_ID, &table, permset_entries); !s) return s;
  if (!table.cancel) table.cancel = no_cancel;
  if (!table.permset_refresh) table.permset_refresh = no_refresh;
  return {};
}

}  // namespace

Status fill_kind_table(Kind kind, const void* offered, KindTables& ret_tables) {
  switch (kind) {
    case Kind::auth:
      return fill_auth(offered, ret_tables.auth);
    case Kind::transport:
      ret_tables.transport = normalised<tenon_transport>(offered);
      return require(TENON_TRANSPORT_ID, &ret_tables.transport, transport_entries);
    case Kind::storage:
      ret_tables.storage = normalised<tenon_storage>(offered);
      return require(TENON_STORAGE_ID, &ret_tables.storage, storage_entries);
    case Kind::log:
      ret_tables.log = normalised<tenon_log>(offered);
      return require(TENON_LOG_ID, &ret_tables.log, log_entries);
    case Kind::replication:
      ret_tables.replication = normalised<tenon_replication>(offered);
      return require(TENON_REPLICATION_ID, &ret_tables.replication, replication_entries);
    case Kind::balancer:
      ret_tables.balancer = normalised<tenon_balancer>(offered);
      return require(TENON_BALANCER_ID, &ret_tables.balancer, balancer_entries);
    case Kind::filter:
      ret_tables.filter = normalised<tenon_filter>(offered);
      return require(TENON_FILTER_ID, &ret_tables.filter, filter_entries);
    case Kind::events:
      ret_tables.events = normalised<tenon_events>(offered);
      return require(TENON_EVENTS_ID, &ret_tables.events, events_entries);
    case Kind::intercept:
      ret_tables.intercept = normalised<tenon_intercept>(offered);
      if (!ret_tables.intercept.cancel) ret_tables.intercept.cancel = no_cancel;
      return require(TENON_INTERCEPT_ID, &ret_tables.intercept, intercept_entries);
  }
  return Error{Errc::internal, "unknown kind"};
}

Result<tenon_plugin> normalise_plugin(const tenon_plugin* offered) {
  tenon_plugin table = normalised<tenon_plugin>(offered);
  if (Status s = require("tenon_plugin", &table, plugin_entries); !s) return s.error();
  return table;
}

namespace {

// What is said of each kind, in the order of Kind.
struct KindRow {
  std::string_view name;
  const char* id;
  std::uint64_t draft_hash;
};
constexpr KindRow kind_rows[kind_count] = {
    {"auth", TENON_AUTH_ID, 0},
    {"transport", TENON_TRANSPORT_ID, TENON_DRAFT_HASH_TRANSPORT},
    {"storage", TENON_STORAGE_ID, TENON_DRAFT_HASH_STORAGE},
    {"log", TENON_LOG_ID, TENON_DRAFT_HASH_LOG},
    {"replication", TENON_REPLICATION_ID, TENON_DRAFT_HASH_REPLICATION},
    {"balancer", TENON_BALANCER_ID, TENON_DRAFT_HASH_BALANCER},
    {"filter", TENON_FILTER_ID, TENON_DRAFT_HASH_FILTER},
    {"events", TENON_EVENTS_ID, TENON_DRAFT_HASH_EVENTS},
    {"intercept", TENON_INTERCEPT_ID, TENON_DRAFT_HASH_INTERCEPT},
};
const KindRow& row_of(Kind kind) {
  return kind_rows[static_cast<std::size_t>(kind)];
}

}  // namespace

std::uint64_t draft_hash_of(Kind kind) {
  return row_of(kind).draft_hash;
}

std::string_view to_string(Kind kind) {
  return row_of(kind).name;
}

const char* kind_id(Kind kind) {
  return row_of(kind).id;
}

}  // namespace tenon::host
