#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "service/retain/retain_sink.h"
#include "service/retain_store.h"

namespace tenon::broker {

// The node's retained messages behind their lock, for reading. Any thread. Members as those of
// service::RetainStore.
//
// The store `retain` has the truth, and this follows it. A message of this node's own is here before it is
// committed, so that whoever subscribes behind it finds it; until this node's replica has applied it, what is
// committed for its topic is not followed, as it may be older: a replica may be behind what was acknowledged
// for as long as its disk is full. If something else was committed meanwhile, or the own message was not, the
// truth is asked for.
class Retained final : public service::retain::RetainSink {
 public:
  Retained(const service::RetainStore::Limits& limits, std::uint64_t hash_seed)
      : limits_(limits), store_(limits, hash_seed) {}

  // A message of this node's own; settle() follows, unless it is full.
  service::RetainStore::Put put(Ref<session::Message> message);
  // It was committed, or refused or given up. True: what the topic has now is to be asked for, and told to
  // answer().
  bool settle(std::string_view topic, bool was_committed);
  // Whether a message of put() is not settled yet.
  bool is_settling(std::string_view topic) const {
    const std::shared_lock lock(mutex_);
    const auto found = under_way_.find(topic);
    return found != under_way_.end() && found->second.count > 0;
  }
  // What the topic had when it was asked for; this node's replica has applied it by now. False: that may be
  // old; it is to be asked for again.
  bool answer(const session::MessageView& message);

  // A message that is going to be committed by somebody else: it is shown until the store says otherwise.
  service::RetainStore::Put show(Ref<session::Message> message);
  // A message that another node has sent to subscribers of this one and is going to commit: who subscribes
  // from now on finds it, and who has been sent it is sent no older one. What is committed meanwhile comes
  // before it in the store; tick() doubts it when the store does not have it in so many calls. It is not
  // shown where there is hardly any room: what is committed comes first.
  static constexpr std::uint32_t shown_ticks_max = 5;
  void show_sent(Ref<session::Message> message);

  // RetainSink
  void follow(const session::MessageView& message) override;
  void refuse(const session::MessageView& late, const session::MessageView& current) override;
  void load_begins(const std::function<bool(std::string_view topic)>& is_of_range) override;
  void load_ends(bool is_whole) override;

  std::uint64_t last_number() const {
    const std::shared_lock lock(mutex_);
    return store_.last_number();
  }
  bool collect(std::string_view pattern, UnixMs now_ms, std::uint64_t number_max, std::size_t count_max,
               std::vector<Ref<session::Message>>& messages) const {
    const std::shared_lock lock(mutex_);
    return store_.collect(pattern, now_ms, number_max, count_max, messages);
  }
  bool has_same(const session::MessageView& message) const {
    const std::shared_lock lock(mutex_);
    return store_.has_same(message);
  }
  bool holds(const session::Message& message) const {
    const std::shared_lock lock(mutex_);
    return store_.holds(message);
  }
  // Forgets the topics of which it is true.
  void clear(const std::function<bool(std::string_view topic)>& is_to_go) {
    const std::unique_lock lock(mutex_);
    store_.clear(is_to_go);
  }
  // Once a second. The topics of which is to be asked what they have, for answer().
  std::vector<std::string> tick(UnixMs now_ms);
  service::RetainStore::Usage usage_with(const session::Message& message) const {
    const std::shared_lock lock(mutex_);
    return store_.usage_with(message);
  }
  std::size_t size() const {
    const std::shared_lock lock(mutex_);
    return store_.size();
  }
  std::size_t memory_bytes() const {
    const std::shared_lock lock(mutex_);
    return store_.memory_bytes();
  }

 private:
  // A message that the topic has here, and that this node's replica has not applied yet.
  struct Awaited {
    std::uint64_t digest = 0;
    bool is_committed = false;  // an own one; else one of show_sent()
  };
  struct UnderWay {
    std::uint32_t count = 0;  // own messages
    std::uint64_t own = 0;    // digest of the last one
    bool own_followed = false;
    bool passed_over = false;  // it may be that something else is the truth
    bool asked = false;        // answer() follows
    // Meanwhile; none: the topic is what it was when it was asked for.
    std::optional<Ref<session::Message>> followed;
    std::vector<Awaited> awaited;    // in their order; the last one is the topic's
    std::uint32_t awaited_from = 0;  // tick, of when the first one was, or the one before it followed

    bool is_over() const { return count == 0 && !asked && awaited.empty(); }
  };
  using UnderWays = std::map<std::string, UnderWay, std::less<>>;

  // False: there is no room. REQUIRES: the lock.
  bool follow_now(const session::MessageView& message);
  // False: there is no room, and the topic has none any more, as what it had is out of date. REQUIRES: the
  // lock.
  bool replace(const session::MessageView& message);
  void await(UnderWay& one, const Awaited& next) const;
  void follow_under_way(UnderWay& one, const session::MessageView& message, std::uint64_t digest) const;
  // It is one of those that were awaited, and the topic has it or a newer one. REQUIRES: the lock.
  bool confirm(UnderWays::iterator at, std::uint64_t digest);
  bool came_late(std::uint64_t digest);
  bool has_spare_room(const session::Message& message) const;

  const service::RetainStore::Limits limits_;
  mutable std::shared_mutex mutex_;
  service::RetainStore store_;
  UnderWays under_way_;  // by topic
  // What was followed of late without having been shown, each in the row that its digest says: what comes
  // from its node still has come late. One that gave up its place, to eight that were followed behind it, may
  // be shown again, until it is doubted.
  struct Followed {
    std::uint64_t digest = 0;
    std::uint32_t at = 0;  // tick
  };
  using FollowedRow = std::array<Followed, 8>;  // the newest first
  static constexpr std::size_t followed_rows = 4096;
  FollowedRow& followed_row(std::uint64_t digest) { return followed_[digest / 2 % followed_rows]; }
  void note_followed(std::uint64_t digest);
  std::vector<FollowedRow> followed_;  // empty until something was followed
  std::uint32_t tick_ = 0;
  // A range is being loaded, on the thread that follows.
  struct Load {
    std::set<std::string, std::less<>> in_doubt;  // topics that were known of it, and have not come yet
    std::vector<Ref<session::Message>> late;      // for which there is room when those are forgotten
  };
  std::optional<Load> load_;
};

}  // namespace tenon::broker
