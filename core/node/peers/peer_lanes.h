#pragma once

#include "broker/remote/remote_wire.h"
#include "cluster/wire/frame.h"
#include "store/peer_port.h"

namespace tenon::node {

// The lanes of links between nodes. What must keep its order towards a node is on one lane: answers and the
// notices behind them; routes and claims; the messages of a group; deliveries.
constexpr cluster::Lane lane_of(store::PeerMessage kind) {
  switch (kind) {
    case store::PeerMessage::group:
      return cluster::Lane::groups;
    case store::PeerMessage::snapshot:
      return cluster::Lane::snapshots;
    case store::PeerMessage::request:
    case store::PeerMessage::answer:
    case store::PeerMessage::notice:
    case store::PeerMessage::ranges:
    case store::PeerMessage::range:
    case store::PeerMessage::members:
    case store::PeerMessage::merge:
    case store::PeerMessage::recovery:
    case store::PeerMessage::facts:
    case store::PeerMessage::links:
      break;
  }
  return cluster::Lane::requests;
}
constexpr cluster::Lane lane_of(broker::RemoteMessage kind) {
  return kind == broker::RemoteMessage::messages ? cluster::Lane::deliveries : cluster::Lane::requests;
}

}  // namespace tenon::node
