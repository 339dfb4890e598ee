#include "node/events/observer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text/topic_syntax.h"
#include "host/status_name.h"
#include "host/tables/host_tables.h"
#include "host/watch/breadcrumb.h"

namespace tenon::node {

namespace events = observe::events;

namespace {

constexpr std::uint64_t filters_max = 1000;
constexpr std::uint32_t linger_ms_max = 60'000;

tenon_event to_abi(const broker::Event& event) {
  tenon_event raw{};
  raw.struct_size = sizeof raw;
  raw.type = static_cast<std::uint32_t>(event.type);
  raw.unix_ms = event.unix_ms;
  raw.tenant = host::abi_bytes(event.tenant);
  raw.client_id = host::abi_bytes(event.client_id);
  raw.user = host::abi_bytes(event.user);
  raw.peer = host::abi_bytes(event.peer);
  raw.listener = host::abi_bytes(event.listener);
  raw.topic = host::abi_bytes(event.topic);
  raw.payload = host::abi_bytes(event.payload);
  raw.reason = host::abi_bytes(event.reason);
  raw.code = event.code;
  raw.qos = event.qos;
  raw.flags = event.flags;
  raw.version = event.version;
  return raw;
}

}  // namespace

Observers::Observer::Observer(host::Instance& instance, observe::Log& log, std::size_t queue_bytes_max)
    : instance_(instance), log_(log), queue_(queue_bytes_max, [this] {
        log_.write(events::plugin_events_dropped,
                   "more waits for an observer than its queue may hold; what comes is left out",
                   {{"plugin", name()}});
      }) {}

Result<broker::EventWishes> Observers::Observer::ask_for_wishes() {
  tenon_event_wishes raw{};
  raw.struct_size = sizeof raw;
  tenon_error error = host::fresh_error();
  tenon_status status = TENON_OK;
  {
    const host::PluginScope scope(instance_.tag());
    status = instance_.events().wishes(instance_.raw(), &raw, &error);
  }
  if (status != TENON_OK) return Error{Errc::invalid, host::describe(status, error)};
  broker::EventWishes wishes;
  wishes.types = raw.types;
  wishes.payload_bytes_max = raw.payload_bytes_max;
  if (raw.filter_count > filters_max)
    return Error{Errc::invalid, "it wishes for more than " + std::to_string(filters_max) + " topic filters"};
  if (raw.filter_count > 0 && !raw.filters)
    return Error{Errc::invalid, "it gives a number of topic filters, and none of them"};
  for (std::uint64_t i = 0; i < raw.filter_count; ++i) {
    std::string filter(host::view_of(raw.filters[i]));
    if (!is_topic_filter(filter))
      return Error{Errc::invalid, "it wishes for \"" + filter + "\", which is no topic filter"};
    wishes.filters.push_back(std::move(filter));
  }
  const std::size_t asked = raw.batch_count_max == 0 ? batch_count_max : raw.batch_count_max;
  batch_count_max_.store(std::min(asked, batch_count_max), std::memory_order_relaxed);
  linger_ms_.store(std::min(raw.linger_ms, linger_ms_max), std::memory_order_relaxed);
  return wishes;
}

void Observers::Observer::run() {
  for (;;) {
    const auto batch = queue_.take({batch_count_max_.load(std::memory_order_relaxed),
                                    std::chrono::milliseconds(linger_ms_.load(std::memory_order_relaxed))});
    if (!batch) return;
    give(*batch);
  }
}

// Again and again while it is busy, until the node has no more time for that.
void Observers::Observer::give(const broker::EventQueue::Batch& batch) {
  std::vector<tenon_event> raw;
  raw.reserve(batch.events.size());
  for (const broker::KeptEvent& event : batch.events) raw.push_back(to_abi(event.view()));
  const std::uint64_t dropped = batch.dropped + untold_;
  tenon_error error = host::fresh_error();
  tenon_status status = TENON_OK;
  for (auto pause = pause_min;; pause = std::min(2 * pause, pause_max)) {
    error = host::fresh_error();
    {
      const host::PluginScope scope(instance_.tag());
      status = instance_.events().deliver(instance_.raw(), raw.data(), raw.size(), sizeof(tenon_event),
                                          dropped, &error);
    }
    if (status != TENON_E_BUSY) break;
    if (!queue_.pause(pause, pause_min)) break;
  }
  untold_ = status == TENON_OK ? 0 : dropped + raw.size();
  if (status == TENON_OK) {
    delivered_.fetch_add(raw.size(), std::memory_order_relaxed);
    return;
  }
  failed_.fetch_add(raw.size(), std::memory_order_relaxed);
  log_.write(events::plugin_events_failed, host::describe(status, error),
             {{"plugin", name()}, {"events", raw.size()}});
}

}  // namespace tenon::node
