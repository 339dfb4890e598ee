#pragma once

#include <memory>
#include <string>

#include "service/inbox/inbox_ops.h"
#include "sim/clients/will_publisher.h"

namespace tenon::sim {

// A client whose sessions expire after a few seconds and who leaves wills: attaches at some node, stays for a
// while, leaves with or without a word, and comes back in time or too late. What it is told is for the
// checker that follows the commands.
class VisitorClient {
 public:
  struct Options {
    std::uint32_t will_percent = 70;
    std::uint32_t clean_percent = 15;
    std::int64_t stay_max_ns = 5 * ns_per_s;
    std::int64_t away_max_ns = 8 * ns_per_s;
    std::int64_t timeout_ns = 8 * ns_per_s;
  };
  // Both outlive the client.
  VisitorClient(ClientWorld& clients, WillPublisher& wills, std::uint32_t number, const Options& options);

  void start() { connect_later(ns_per_s); }
  // Comes once more, and leaves for good; is_drained() then.
  void drain();
  bool is_drained() const { return is_drained_; }

 private:
  struct Connection {
    SimNode* node = nullptr;
    std::uint64_t incarnation = 0;
    std::uint64_t candidate = 0;
    service::inbox::Holder holder;
    std::uint64_t attempt = 0;
    bool clean_start = false;
    std::uint32_t expiry_s = 0;
    std::uint32_t will_delay_s = 0;
    bool has_will = false;
    bool holds = false;  // the will of a former connection that may have ended by now
  };
  void connect_later(std::int64_t max_ns);
  void connect();
  void attach(const Connection& connection);
  void on_attached(const Connection& connection, std::string_view text);
  void leave(const Connection& connection, const service::inbox::Held& held);
  void detach(const Connection& connection, const service::inbox::Held& held, service::inbox::WillFate fate,
              bool is_last);
  void settle(const Connection& connection, const service::inbox::WillId& will,
              service::inbox::WillFate fate);
  void ask_inbox(SimNode& node, std::string&& text, OnEnd on_end);
  static bool is_alive(const Connection& connection) {
    return connection.node->is_up() && connection.node->incarnation() == connection.incarnation;
  }
  service::inbox::Owner owner() const { return {{}, id_}; }

  ClientWorld& clients_;
  WillPublisher& wills_;
  const std::string id_;
  const Options options_;
  test::SimRandom random_;
  std::uint64_t attempt_ = 0;
  bool is_draining_ = false;
  bool is_drained_ = false;
};

}  // namespace tenon::sim
