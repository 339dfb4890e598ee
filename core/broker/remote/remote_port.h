#pragma once

#include <string>

#include "broker/remote/remote_wire.h"
#include "kv/descriptor.h"

namespace tenon::broker {

// The way to the brokers of other nodes. What is handed over arrives once, late or never. While the link
// holds, what is sent to a node keeps the order of these calls, of all threads: RemoteMessage::messages among
// themselves, and all others. Any thread.
class RemotePort {
 public:
  virtual void send(kv::NodeId to, RemoteMessage kind, std::string&& body) = 0;
  // So much waits that more would soon be dropped. What is for subscribers counts on links of version 1 only.
  virtual bool congested() const { return false; }
  // The same, but for what waits for other nodes than this one.
  virtual bool congested(kv::NodeId /*to*/) const { return congested(); }

 protected:
  ~RemotePort() = default;
};

}  // namespace tenon::broker
