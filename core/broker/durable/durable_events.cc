#include "broker/durable/durable_events.h"

#include <set>
#include <string>
#include <vector>

#include "service/store_key.h"

namespace tenon::broker {

namespace inbox = service::inbox;

namespace {

// The worker that a notice is for. Posts of a session go to the same one each time; what else concerns no
// link is done by the first one.
std::uint32_t worker_of(const inbox::InboxNotice& notice, std::size_t worker_count) {
  const auto of = [](const inbox::Holder& holder) {
    return routing::address_of(session::ReceiverKey{holder.connection}).worker;
  };
  if (const auto* ready = std::get_if<inbox::Ready>(&notice)) return of(ready->holder);
  if (const auto* taken = std::get_if<inbox::TakenOver>(&notice)) return of(taken->holder);
  if (const auto* room = std::get_if<inbox::OutboxHasRoom>(&notice)) return of(room->holder);
  if (const auto* posted = std::get_if<inbox::Posted>(&notice))
    return service::stable_bucket(posted->owner.client_id) % static_cast<std::uint32_t>(worker_count);
  return 0;
}

// What is read are views of the text.
struct Notices {
  std::string text;
  std::vector<inbox::InboxNotice> all;
};

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
  const auto notices = std::make_shared<Notices>();
  notices->text = text;
  auto read = inbox::read_notice(notices->text);
  if (!read.ok()) return;
  notices->all = std::move(*read);
  std::set<std::uint32_t> workers;
  for (const auto& notice : notices->all) workers.insert(worker_of(notice, shards_.size()));
  for (const std::uint32_t worker : workers) {
    if (worker >= shards_.size()) continue;
    Shard* shard = shards_[worker].get();
    shard->worker().post(make_task([shard, notices, count = shards_.size()] {
      for (const auto& notice : notices->all)
        if (worker_of(notice, count) == shard->index()) shard->on_notice(notice);
    }));
  }
}

void DurableEvents::notices_lost() {
  for (const auto& shard : shards_) {
    Shard* one = shard.get();
    one->worker().post(make_task([one] { one->look_into_inboxes(); }));
  }
}

}  // namespace tenon::broker
