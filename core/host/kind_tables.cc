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
  }
  return Error{Errc::internal, "unknown kind"};
}

Result<tenon_plugin> normalise_plugin(const tenon_plugin* offered) {
  tenon_plugin table = normalised<tenon_plugin>(offered);
  if (Status s = require("tenon_plugin", &table, plugin_entries); !s) return s.error();
  return table;
}

std::uint64_t draft_hash_of(Kind kind) {
  switch (kind) {
    case Kind::auth:
      return 0;
    case Kind::transport:
      return TENON_DRAFT_HASH_TRANSPORT;
    case Kind::storage:
      return TENON_DRAFT_HASH_STORAGE;
  }
  return 0;
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::auth:
      return "auth";
    case Kind::transport:
      return "transport";
    case Kind::storage:
      return "storage";
  }
  return "unknown";
}

const char* kind_id(Kind kind) {
  switch (kind) {
    case Kind::auth:
      return TENON_AUTH_ID;
    case Kind::transport:
      return TENON_TRANSPORT_ID;
    case Kind::storage:
      return TENON_STORAGE_ID;
  }
  return "";
}

}  // namespace tenon::host
