#include "broker/link/link.h"

// What a link tells operators.

namespace tenon::broker {

LinkRow Link::describe(Telling telling) const {
  LinkRow row;
  row.tenant = tenant_->name();
  row.client_id = connection_.client_id();
  row.user = connection_.username();
  row.address = peer_text();
  row.listener = listener_.context().name;
  row.version = static_cast<std::uint8_t>(connection_.version());
  row.keep_alive_s = connection_.keep_alive_s();
  row.connected_ms =
      static_cast<std::uint64_t>((shard_.time().mono_ns - connection_.opened_ns()) / ns_per_ms);
  row.has_inbox = connection_.has_inbox();
  row.inflight_count = connection_.inflight_count();
  row.output_bytes = connection_.output().size_bytes();
  row.filter_count = static_cast<std::uint32_t>(filters_.size());
  if (telling == Telling::all)
    filters_.for_each([&row](std::string_view filter) { row.filters.emplace_back(filter); });
  return row;
}

}  // namespace tenon::broker
