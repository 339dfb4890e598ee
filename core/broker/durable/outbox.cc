#include "broker/durable/outbox.h"

#include <utility>

namespace tenon::broker {

namespace inbox = service::inbox;

void Outbox::posted(const inbox::Owner& poster) {
  std::string key = inbox::owner_prefix(poster);
  Poster& one = posters_[key];
  if (one.owner.client_id.empty()) one.owner = {std::string(poster.tenant), std::string(poster.client_id)};
  one.has_more = true;
  one.posted_again = one.failed;
  touched_.insert(std::move(key));
}

Outbox::Poster* Outbox::find(const InboxOwner& poster) {
  std::string key = inbox::owner_prefix(poster.view());
  const auto found = posters_.find(key);
  if (found == posters_.end()) return nullptr;
  touched_.insert(std::move(key));
  return &found->second;
}

void Outbox::on_fetched(const InboxOwner& owner, const inbox::FetchPosts::Reply* reply) {
  Poster* poster = find(owner);
  if (!poster) return;
  poster->fetching = false;
  if (!reply) {
    poster->failed = true;
    return;
  }
  if (reply->more) poster->has_more = true;
  for (std::size_t i = 0; i < reply->items.size(); ++i) {
    const inbox::FetchPosts::Item& item = reply->items[i];
    // Behind one that did not come through nothing is begun: where it has not been it would come too late.
    if (poster->failed) return;
    poster->next = {item.id.number, item.id.post + 1};
    const std::uint64_t bytes = item.message.bytes();
    poster->relaying.emplace(item.id, bytes);
    poster->relaying_bytes += bytes;
    ports_.relay_post(poster->owner, item, reply->group(i));
  }
}

void Outbox::on_relayed(const InboxOwner& owner, const inbox::PostId& post, bool is_done) {
  Poster* poster = find(owner);
  if (!poster) return;
  if (const auto known = poster->relaying.find(post); known != poster->relaying.end()) {
    poster->relaying_bytes -= known->second;
    poster->relaying.erase(known);
  }
  if (is_done)
    poster->done.push_back(post);
  else
    poster->failed = true;
}

void Outbox::on_confirmed(const InboxOwner& owner) {
  if (Poster* poster = find(owner)) --poster->confirming;
}

void Outbox::flush() {
  for (const std::string& key : std::exchange(touched_, {})) {
    const auto found = posters_.find(key);
    if (found == posters_.end()) continue;
    work(found->second);
    if (!found->second.idle()) continue;
    if (!found->second.posted_again) {
      posters_.erase(found);
      continue;
    }
    found->second = Poster{.owner = found->second.owner, .has_more = true};
    work(found->second);
  }
}

bool Outbox::wants_more(const Poster& poster) {
  return !poster.failed && !poster.fetching && poster.has_more && poster.relaying.size() <= window / 2 &&
         poster.relaying_bytes < bytes_max;
}

void Outbox::work(Poster& poster) {
  if (!poster.done.empty()) {
    ++poster.confirming;
    ports_.confirm_posts(poster.owner, {poster.owner.view(), std::exchange(poster.done, {})});
  }
  if (!wants_more(poster)) return;
  if (ports_.is_congested()) {
    touched_.insert(inbox::owner_prefix(poster.owner.view()));
    return;
  }
  const auto count = static_cast<std::uint32_t>(poster.relaying.size());
  poster.fetching = true;
  poster.has_more = false;
  ports_.fetch_posts(poster.owner, {poster.owner.view(), poster.next, window - count, 1 << 20});
}

}  // namespace tenon::broker
