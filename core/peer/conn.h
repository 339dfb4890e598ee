#pragma once

#include "peer/network_impl.h"

namespace tenon::peer {

// One connection of the network and the key of its link in the mesh.
class PeerNetwork::Impl::Conn final : public Connection {
 public:
  Conn(Impl& o, tenon_conn* c, cluster::LinkKey k) : owner(o), conn(c), key(k) {}

  tenon_span rx_reserve() override { return {owner.read_buffer_.data(), owner.read_buffer_.size()}; }
  void on_received(std::size_t size_bytes) override { owner.on_received(*this, size_bytes); }
  void on_writable() override {
    blocked = false;
    owner.wants_write(key);
  }
  void on_closed() override { owner.on_connection_closed(*this); }

  Impl& owner;
  tenon_conn* const conn;
  const cluster::LinkKey key;
  bool blocked = false;  // until on_writable()
  bool queued = false;   // in to_write_
};

}  // namespace tenon::peer
