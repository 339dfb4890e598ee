#pragma once

#include <string>

#include "broker/remote/remote_wire.h"
#include "kv/descriptor.h"

namespace tenon::broker {

// The way to the brokers of other nodes. What is handed over arrives once, late or never; what one thread
// sends to a node keeps its order while the link holds. Any thread.
class RemotePort {
 public:
  virtual void send(kv::NodeId to, RemoteMessage kind, std::string&& body) = 0;
  // So much waits for some node that more would soon be dropped: who can wait should.
  virtual bool congested() const { return false; }

 protected:
  ~RemotePort() = default;
};

}  // namespace tenon::broker
