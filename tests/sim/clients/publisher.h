#pragma once

#include <memory>
#include <string>

#include "sim/clients/client_world.h"

namespace tenon::sim {

// A worker of a node that publishes to persistent sessions: numbered appends, many under way, each to a few
// inboxes of one range. Lives as long as its node's life; a new life is a new source.
class Publisher {
 public:
  struct Options {
    std::uint32_t per_second = 20;
    std::uint32_t under_way_max = 64;
    std::uint32_t payload_bytes_max = 200;
    std::int64_t timeout_ns = 10 * ns_per_s;
    std::uint32_t session_messages_max = 100'000;
    bool takes_asking_for_done = false;  // a mistake for the checkers to find
  };
  // `clients` outlives the publisher.
  Publisher(ClientWorld& clients, std::uint32_t number, const Options& options);
  // Begins to work, until the clients' world closes.
  void start() { publish_later(); }

 private:
  void publish_later();
  void publish();
  void send(SimNode& node, std::uint32_t client, std::uint64_t number, std::string_view payload);
  void on_answer(std::uint32_t client, std::uint64_t number, const MessageName& message,
                 const store::Answer& answer);

  ClientWorld& clients_;
  const std::uint32_t number_;
  const Options options_;
  test::SimRandom random_;
  std::uint64_t incarnation_ = 0;  // of its node, when it became this source
  MessageName last_;
  std::uint32_t under_way_ = 0;
};

}  // namespace tenon::sim
