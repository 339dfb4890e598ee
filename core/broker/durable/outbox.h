#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/durable/inbox_directory.h"
#include "service/inbox/inbox_queries.h"

namespace tenon::broker {

// What an outbox asks of its worker. None may call back from inside, but for relay().
class OutboxPorts {
 public:
  // Answered by Outbox::on_fetched.
  virtual void fetch_posts(const InboxOwner& poster, const service::inbox::FetchPosts& question) = 0;
  // Brings the post to all whom it is for; answered by Outbox::on_relayed, once all have it. One that was
  // begun is with each inbox before those behind it: it may be answered `false` only if it is not brought to
  // any, or still on its way. With a `group`, a shared filter, it is for one member of that.
  virtual void relay_post(const InboxOwner& poster, const service::inbox::FetchPosts::Item& post,
                          std::string_view group) = 0;
  // Answered by Outbox::on_confirmed.
  virtual void confirm_posts(const InboxOwner& poster, const service::inbox::PostDone& done) = 0;
  // More than should be waits for the ranges: no more is fetched meanwhile.
  virtual bool is_congested() const = 0;

 protected:
  ~OutboxPorts() = default;
};

// Brings posts, the QoS 2 messages of sessions whose range this node leads and what such sessions have left
// to groups when they ended, to those whom they are for: those of one session in their order, several at a
// time. A range is told of those that are with all.
//
// It keeps nothing that must not be lost: the range tells of posts that wait until they are confirmed, to
// whichever node leads it then, which begins with the oldest; each inbox takes each of them once
// (service::inbox::Relay), but for what is for a group, of which another member may get it once more. Pure;
// belongs to one worker, which is the same for all posts of a session.
class Outbox {
 public:
  // So many posts of a session are under way at once.
  static constexpr std::uint32_t window = 512;
  // None are fetched while so many bytes of a session's posts are under way. One fetch may go beyond it.
  static constexpr std::uint64_t bytes_max = 4u << 20;

  explicit Outbox(OutboxPorts& ports) : ports_(ports) {}

  // A range tells that there are posts.
  void posted(const service::inbox::Owner& poster);
  // Null: there was no answer.
  void on_fetched(const InboxOwner& poster, const service::inbox::FetchPosts::Reply* reply);
  // False: not all have it.
  void on_relayed(const InboxOwner& poster, const service::inbox::PostId& post, bool is_done);
  void on_confirmed(const InboxOwner& poster);
  // At the end of a turn: confirms, and asks for more. What congestion keeps back is looked at again in the
  // next turn that flushes.
  void flush();

  std::size_t poster_count() const { return posters_.size(); }

 private:
  struct Poster {
    InboxOwner owner;
    service::inbox::PostId next;  // to be fetched from here on
    bool has_more = false;        // there may be some
    bool fetching = false;
    // One did not come through: nothing more is begun, and the next notice begins with the oldest again.
    bool failed = false;
    bool posted_again = false;  // such a notice has come, while others were under way
    std::map<service::inbox::PostId, std::uint64_t> relaying;  // the bytes of each
    std::uint64_t relaying_bytes = 0;
    std::uint32_t confirming = 0;
    std::vector<service::inbox::PostId> done;  // to be confirmed

    bool idle() const {
      return !fetching && relaying.empty() && confirming == 0 && done.empty() && (failed || !has_more);
    }
  };

  Poster* find(const InboxOwner& poster);
  // It has room for more, and there may be some.
  static bool wants_more(const Poster& poster);
  void work(Poster& poster);

  OutboxPorts& ports_;
  std::map<std::string, Poster> posters_;  // by owner_prefix
  std::set<std::string> touched_;          // to be looked at when the turn ends
};

}  // namespace tenon::broker
