#include "broker/retained.h"

#include <algorithm>
#include <utility>

#include "base/digest/hash.h"

namespace tenon::broker {

namespace {

// So many that are awaited of one topic are told apart.
constexpr std::size_t awaited_count_max = 64;

// Tells messages apart that are under way at the same time. Never 0.
std::uint64_t digest_of(const session::MessageView& message) {
  return keyed_hash(as_text(message.payload), keyed_hash(message.topic, 0)) | 1U;
}

}  // namespace

service::RetainStore::Put Retained::put(Ref<session::Message> message) {
  const std::unique_lock lock(mutex_);
  const std::string topic(message->view().topic);
  const std::uint64_t digest = digest_of(message->view());
  const auto result = store_.put(std::move(message));
  if (result == service::RetainStore::Put::full) return result;
  UnderWay& one = under_way_[topic];
  ++one.count;
  one.own = digest;
  one.own_followed = false;
  // What is committed comes before this one. Of others it is asked for which of the two the store has in the
  // end.
  if (!std::ranges::all_of(one.awaited, &Awaited::is_committed)) {
    one.awaited.clear();
    one.passed_over = true;
  }
  return result;
}

bool Retained::settle(std::string_view topic, bool was_committed) {
  const std::unique_lock lock(mutex_);
  const auto found = under_way_.find(topic);
  if (found == under_way_.end()) return false;
  UnderWay& one = found->second;
  one.passed_over = one.passed_over || !was_committed;
  if (--one.count > 0) return false;
  if (one.passed_over) {
    if (one.asked) return false;  // the answer is asked for again
    one.passed_over = false;
    one.asked = true;
    one.awaited.clear();  // the answer comes behind them
    return true;
  }
  if (!one.own_followed) await(one, {one.own, true});
  if (one.is_over()) under_way_.erase(found);
  return false;
}

bool Retained::answer(const session::MessageView& message) {
  const std::unique_lock lock(mutex_);
  const auto found = under_way_.find(message.topic);
  if (found == under_way_.end()) return true;
  UnderWay& one = found->second;
  const auto followed = std::exchange(one.followed, std::nullopt);
  if (one.count > 0) {
    // Another one of this node's own: it asks when it is settled.
    one.asked = false;
    one.passed_over = true;
    return true;
  }
  if (std::exchange(one.passed_over, false)) return false;
  one.asked = false;
  if (!one.awaited.empty()) return true;  // they are newer
  under_way_.erase(found);
  (void)replace(followed ? (*followed)->view() : message);
  return true;
}

void Retained::await(UnderWay& one, const Awaited& next) const {
  if (one.awaited.empty()) one.awaited_from = tick_;
  if (one.awaited.size() == awaited_count_max) one.awaited.erase(one.awaited.begin());
  one.awaited.push_back(next);
}

service::RetainStore::Put Retained::show(Ref<session::Message> message) {
  const std::unique_lock lock(mutex_);
  if (const auto found = under_way_.find(message->view().topic); found != under_way_.end())
    found->second.passed_over = true;
  return store_.put(std::move(message));
}

void Retained::show_sent(Ref<session::Message> message) {
  const std::unique_lock lock(mutex_);
  const session::MessageView& view = message->view();
  const std::uint64_t digest = digest_of(view);
  if (came_late(digest) || store_.has_same(view) || !has_spare_room(*message)) return;
  const std::string topic(view.topic);
  if (store_.put(std::move(message)) == service::RetainStore::Put::full) return;
  UnderWay& one = under_way_[topic];
  if (one.count > 0)
    one.passed_over = true;
  else
    await(one, {digest, false});
}

// It was followed before it came; that is true of one that comes.
bool Retained::came_late(std::uint64_t digest) {
  if (followed_.empty()) return false;
  FollowedRow& row = followed_row(digest);
  const auto one = std::ranges::find(row, digest, &Followed::digest);
  if (one == row.end()) return false;
  one->digest = 0;
  return tick_ - one->at <= shown_ticks_max;
}

void Retained::note_followed(std::uint64_t digest) {
  if (followed_.empty()) followed_.resize(followed_rows);
  FollowedRow& row = followed_row(digest);
  // The one that is known already gives up its place, or else the last.
  const auto place = std::ranges::find(row, digest, &Followed::digest);
  std::move_backward(row.begin(), place == row.end() ? row.end() - 1 : place,
                     place == row.end() ? row.end() : place + 1);
  row.front() = {digest, tick_};
}

bool Retained::has_spare_room(const session::Message& message) const {
  constexpr std::uint64_t spare_share = 8;  // one in so many
  const std::uint64_t count_max = limits_.count_max - limits_.count_max / spare_share;
  const std::uint64_t bytes_max = limits_.bytes_max - limits_.bytes_max / spare_share;
  return message.view().payload.empty() ||
         (store_.size() < count_max && store_.memory_bytes() + message.memory_bytes() < bytes_max);
}

bool Retained::confirm(UnderWays::iterator at, std::uint64_t digest) {
  UnderWay& one = at->second;
  const auto found = std::ranges::find(one.awaited, digest, &Awaited::digest);
  if (found == one.awaited.end()) return false;
  one.awaited.erase(one.awaited.begin(), found + 1);
  one.awaited_from = tick_;
  if (one.is_over()) under_way_.erase(at);
  return true;
}

std::vector<std::string> Retained::tick(UnixMs now_ms) {
  constexpr std::size_t topics_per_tick = 10'000;
  const std::unique_lock lock(mutex_);
  store_.tick(now_ms, topics_per_tick);
  ++tick_;
  std::vector<std::string> doubted;
  for (auto& [topic, one] : under_way_) {
    if (one.count > 0 || one.asked || one.awaited.empty() || tick_ - one.awaited_from < shown_ticks_max)
      continue;
    one.awaited.clear();
    one.passed_over = false;
    one.asked = true;
    doubted.push_back(topic);
  }
  return doubted;
}

void Retained::follow(const session::MessageView& message) {
  const std::unique_lock lock(mutex_);
  if (load_)
    if (const auto known = load_->in_doubt.find(message.topic); known != load_->in_doubt.end())
      load_->in_doubt.erase(known);
  if (!follow_now(message) && load_) load_->late.push_back(session::Message::make(message));
}

bool Retained::follow_now(const session::MessageView& message) {
  const std::uint64_t digest = digest_of(message);
  const auto found = under_way_.find(message.topic);
  const bool is_under_way = found != under_way_.end();
  if (is_under_way && found->second.asked) found->second.followed = session::Message::make(message);
  if (is_under_way && confirm(found, digest)) return true;
  if (!is_under_way || found->second.count == 0) note_followed(digest);
  if (is_under_way) {
    follow_under_way(found->second, message, digest);
    return true;
  }
  return replace(message);
}

bool Retained::replace(const session::MessageView& message) {
  // The same message again, or none again, changes nothing: whoever is being sent it goes on.
  if (store_.has_same(message)) return true;
  if (store_.put(session::Message::make(message)) != service::RetainStore::Put::full) return true;
  session::MessageView nothing;
  nothing.topic = message.topic;
  store_.put(session::Message::make(nothing));
  return false;
}

void Retained::follow_under_way(UnderWay& one, const session::MessageView& message,
                                std::uint64_t digest) const {
  if (one.count == 0) return;
  if (digest == one.own) one.own_followed = true;
  if (!store_.has_same(message)) one.passed_over = true;
}

void Retained::refuse(const session::MessageView& late, const session::MessageView& current) {
  const std::unique_lock lock(mutex_);
  const std::uint64_t digest = digest_of(late);
  if (digest == digest_of(current)) {
    follow_now(current);
    return;
  }
  const auto found = under_way_.find(late.topic);
  const bool is_under_way = found != under_way_.end();
  if (is_under_way && (found->second.count > 0 || found->second.asked)) {
    found->second.passed_over = true;
    return;
  }
  // What its node sends of it may be still to come.
  if (!is_under_way ||
      std::erase_if(found->second.awaited, [&](const Awaited& one) { return one.digest == digest; }) == 0)
    note_followed(digest);
  if (store_.has_same(late)) store_.put(session::Message::make(current));
  if (!is_under_way) return;
  if (found->second.is_over())
    under_way_.erase(found);
  else
    found->second.awaited_from = tick_ - shown_ticks_max;  // to be doubted
}

void Retained::load_begins(const std::function<bool(std::string_view topic)>& is_of_range) {
  const std::unique_lock lock(mutex_);
  load_.emplace();
  store_.for_each_topic([&](std::string_view topic) {
    if (is_of_range(topic)) load_->in_doubt.emplace(topic);
  });
}

void Retained::load_ends(bool is_whole) {
  const std::unique_lock lock(mutex_);
  const std::optional<Load> load = std::exchange(load_, std::nullopt);
  if (!is_whole) return;
  store_.clear([&](std::string_view topic) {
    if (!load->in_doubt.contains(topic)) return false;
    const auto found = under_way_.find(topic);
    if (found == under_way_.end()) return true;
    found->second.passed_over = true;  // its own end asks what is true
    return false;
  });
  for (const Ref<session::Message>& message : load->late) follow_now(message->view());
}

}  // namespace tenon::broker
