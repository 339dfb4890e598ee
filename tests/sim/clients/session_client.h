#pragma once

#include <memory>
#include <string>
#include <vector>

#include "service/inbox/inbox_ops.h"
#include "sim/clients/client_world.h"

namespace tenon::sim {

// A client with a persistent session, at the level of the service: attaches at some node, fetches and
// acknowledges what comes, changes its subscriptions, leaves with or without a word, and comes back at
// another node. Connections that it left without a word go on for a while, as those of a node that was not
// told.
class SessionClient {
 public:
  struct Options {
    std::uint32_t clean_percent = 2;    // of attaches
    std::uint32_t silent_percent = 40;  // of leaves
    std::uint32_t hasty_percent = 10;   // of attaches: given up when there is no answer at once
    std::int64_t stay_min_ns = ns_per_s / 2;
    std::int64_t stay_max_ns = 8 * ns_per_s;
    std::int64_t away_max_ns = 2 * ns_per_s;
    std::int64_t timeout_ns = 8 * ns_per_s;
  };
  // `clients` outlives the client.
  SessionClient(ClientWorld& clients, std::uint32_t number, const Options& options);

  void start() { connect_later(ns_per_ms, ns_per_s); }
  // Leaves what it does, attaches once more and fetches its inbox to the end; is_drained() then.
  void drain();
  bool is_drained() const { return is_drained_; }

 private:
  struct Connection {
    SimNode* node = nullptr;
    std::uint64_t incarnation = 0;
    std::uint64_t number = 0;
    std::uint64_t epoch = 0;
    std::uint64_t first_number = 0;  // nothing before it was there at the attach
    std::uint64_t next_number = 0;   // to be fetched
    MonoNs leaves_ns = 0;
    MonoNs ends_ns = 0;  // behind leaves_ns if it leaves without a word
    bool is_fetching = false;
    bool is_subscribing = false;
    bool is_over = false;
    bool is_last = false;  // it fetches what there is, and stays until then
  };
  // One attach, with all that its node does to bring it through.
  struct Attempt {
    SimNode* node = nullptr;
    std::uint64_t candidate = 0;
    service::inbox::Holder holder;
    bool clean_start = false;
    std::uint64_t number = 0;  // it is the client's newest while attempt_ is this
  };
  using Held = std::shared_ptr<Connection>;
  // What an op does with its answer, if there was one that says more than "perhaps".
  using Answered = std::function<void(std::string_view text, bool is_repeated)>;

  void connect_later(std::int64_t min_ns, std::int64_t max_ns);
  void connect();
  void connect_unless_attached(std::uint64_t attempt);
  void attach(const Attempt& attempt, bool clean_start);
  void on_attached(const Attempt& attempt, std::string_view text);
  void work_later(const Held& connection);
  void work(const Held& connection);
  void leave(const Held& connection);
  void fetch(const Held& connection, bool from_the_start);
  void on_fetched(const Held& connection, std::uint64_t from, bool was_fenced, InboxChecker::Moment asked_at,
                  std::string_view text);
  void acknowledge(const Held& connection, const std::vector<std::uint64_t>& items);
  void change_subscription(const Held& connection);
  void look_at_subscriptions(const Held& connection);

  bool is_alive(const Connection& connection) const;
  service::inbox::Owner owner() const { return {{}, id_}; }
  service::inbox::Held held(const Connection& connection) const {
    return {owner(), connection.number, connection.epoch};
  }
  void ask(
      SimNode& node, store::Request::Kind kind, std::string text, Answered answered,
      std::function<void()> unanswered = [] {});
  // Whether the status lets the connection go on; tells of an effect that it must not have had.
  bool goes_on(const Held& connection, service::inbox::OpStatus status, bool was_fenced);
  bool is_fenced(const Connection& connection) const {
    return clients_.checker.is_fenced(number_, connection.number, connection.epoch);
  }

  ClientWorld& clients_;
  const std::uint32_t number_;
  const std::string id_;
  const Options options_;
  test::SimRandom random_;
  bool was_attached_ = false;
  bool is_draining_ = false;
  bool is_drained_ = false;
  std::uint64_t attempt_ = 0;
};

}  // namespace tenon::sim
