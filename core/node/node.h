#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/node_status.h"
#include "base/result.h"
#include "config/config.h"
#include "config/load.h"
#include "observe/log/log.h"

namespace tenon::node {

// One broker. Everything on the control thread, unless said otherwise.
//
//   auto node = Node::start(config, log);   plugins loaded, workers running, addresses open
//   node->run();                            until SIGTERM, SIGINT or stop()
//   (destruction)                           clients were told, plugins stopped, engines closed
class Node final : public admin::StatusSource {
 public:
  // How a changed configuration is read when SIGHUP or an operator asks for it.
  using Reload = std::function<config::LoadResult()>;

  // Starts everything that the configuration names, or nothing: the failure says what stopped it and what to
  // do. `log` outlives the node.
  static Result<std::unique_ptr<Node>> start(const config::Config& config, observe::Log& log, Reload reload);
  ~Node() override;

  // Serves until a signal or stop() asks for the end, then stops: no new clients, DISCONNECT 0x8B to those
  // of 5.0, what is on its way is sent, and all that within shutdown.timeout_s. Failure: nobody asked; why it
  // stopped stands in the log.
  Status run();
  // Lets run() return. Any thread.
  void stop();

  // Any thread.
  admin::NodeStatus node_status() const override;

 private:
  class Impl;
  explicit Node(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::node
