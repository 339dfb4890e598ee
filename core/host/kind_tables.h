#pragma once

#include <tenon/draft/balancer.h>
#include <tenon/draft/events.h>
#include <tenon/draft/filter.h>
#include <tenon/draft/intercept.h>
#include <tenon/draft/log.h>
#include <tenon/draft/replication.h>
#include <tenon/draft/storage.h>
#include <tenon/draft/transport.h>
#include <tenon/kind/auth.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/result.h"
#include "host/plugin_spec.h"

namespace tenon::host {

// A plugin's table as a full-size one of ours: what the plugin's ends before is zero, what it has beyond is
// cut off. REQUIRES: `offered` begins with its struct_size, as every table does.
template <class Table>
Table normalised(const void* offered) {
  std::uint32_t size = 0;
  std::memcpy(&size, offered, sizeof size);
  Table table{};
  std::memcpy(&table, offered, std::min<std::size_t>(size, sizeof table));
  table.struct_size = sizeof table;
  return table;
}

// The table of an instance's kind, normalised once, so that calls need no checks: required entries are there,
// missing optional ones are stubs. Only the member of the kind is filled.
struct KindTables {
  tenon_auth auth{};
  tenon_transport transport{};
  tenon_storage storage{};
  tenon_log log{};
  tenon_replication replication{};
  tenon_balancer balancer{};
  tenon_filter filter{};
  tenon_events events{};
  tenon_intercept intercept{};
};

// Fills the member of `kind`. invalid: a required entry is missing; the text names it.
Status fill_kind_table(Kind kind, const void* offered, KindTables& ret_tables);

// The life-cycle table of an instance. invalid: a required entry is missing.
Result<tenon_plugin> normalise_plugin(const tenon_plugin* offered);

// The number that a descriptor of the kind must have in its draft_hash; 0: the kind is stable.
std::uint64_t draft_hash_of(Kind kind);

}  // namespace tenon::host
