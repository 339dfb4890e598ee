#pragma once

#include "peer/network_impl.h"

namespace tenon::peer {

// One connection of the network and the key of its link in the mesh.
class PeerNetwork::Impl::Conn final : public Connection {
 public:
  Conn(Impl& o, tenon_conn* c, cluster::LinkKey k, std::string_view cert)
      : owner(o), conn(c), key(k), certificate(cert) {}

  tenon_conn* handle() const override { return conn; }
  tenon_span rx_reserve() override { return {owner.read_buffer_.data(), owner.read_buffer_.size()}; }
  bool on_received(std::size_t size_bytes) override {
    owner.on_received(*this, size_bytes);
    return true;
  }
  void on_writable() override {
    blocked = false;
    owner.wants_write(key);
  }
  void on_closed(std::string_view fault) override { owner.on_connection_closed(*this, fault); }

  Impl& owner;
  tenon_conn* const conn;
  const cluster::LinkKey key;
  const std::string certificate;  // whose certificate the other side has shown; empty: none
  bool blocked = false;           // until on_writable()
  bool queued = false;            // in to_write_
};

}  // namespace tenon::peer
