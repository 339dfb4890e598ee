#include "broker/durable/durable_events.h"

#include <set>
#include <string>

namespace tenon::broker {

namespace inbox = service::inbox;

namespace {

// The worker that a notice is for. What concerns no link is done by the first one.
std::uint32_t worker_of(const inbox::InboxNotice& notice) {
  const auto of = [](const inbox::Holder& holder) {
    return routing::address_of(session::ReceiverKey{holder.connection}).worker;
  };
  if (const auto* ready = std::get_if<inbox::Ready>(&notice)) return of(ready->holder);
  if (const auto* taken = std::get_if<inbox::TakenOver>(&notice)) return of(taken->holder);
  return 0;
}

void hand_to(Shard& shard, const std::string& text) {
  const auto notices = inbox::read_notice(text);
  if (!notices.ok()) return;
  for (const inbox::InboxNotice& notice : *notices)
    if (worker_of(notice) == shard.index()) shard.on_notice(notice);
}

}  // namespace

void DurableEvents::connect(std::span<const std::unique_ptr<Shard>> shards) {
  shards_ = shards;
}

void DurableEvents::answers(std::uint32_t worker, std::vector<store::FinishedRequest>&& finished) {
  if (worker >= shards_.size()) return;
  Shard* shard = shards_[worker].get();
  shard->worker().post(make_task(
      [shard, finished = std::move(finished)]() mutable { shard->on_answers(std::move(finished)); }));
}

void DurableEvents::noticed(std::string_view text) {
  const auto notices = inbox::read_notice(text);
  if (!notices.ok()) return;
  std::set<std::uint32_t> workers;
  for (const inbox::InboxNotice& notice : *notices) workers.insert(worker_of(notice));
  const auto copy = std::make_shared<const std::string>(text);
  for (const std::uint32_t worker : workers) {
    if (worker >= shards_.size()) continue;
    Shard* shard = shards_[worker].get();
    shard->worker().post(make_task([shard, copy] { hand_to(*shard, *copy); }));
  }
}

void DurableEvents::notices_lost() {
  for (const auto& shard : shards_) {
    Shard* one = shard.get();
    one->worker().post(make_task([one] { one->look_into_inboxes(); }));
  }
}

}  // namespace tenon::broker
