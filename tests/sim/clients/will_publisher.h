#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "service/inbox/inbox_commands.h"
#include "sim/clients/ask.h"
#include "sim/node/observer.h"

namespace tenon::sim {

// What all nodes do beside their connections: publish the wills that they are handed and say so, and, when
// they start again, let go of the sessions that their former selves held. Now and then a will is left to the
// next time, as by a node that can't publish yet.
class WillPublisher final : public NodeObserver {
 public:
  // Both outlive the publisher; `begins` are the first keys of the inbox store's ranges.
  WillPublisher(ClientWorld& clients, const std::vector<std::string>& begins);

  void publish(SimNode& node, const service::inbox::Owner& owner, const service::inbox::DueWill& will);

  void on_started(std::uint32_t node) override;
  void on_notice(std::uint32_t node, std::string_view text) override;

 private:
  void let_go(SimNode& node, std::uint64_t incarnation, std::size_t range, const std::string& cursor);

  ClientWorld& clients_;
  const std::vector<std::string>& begins_;
  test::SimRandom random_;
};

}  // namespace tenon::sim
