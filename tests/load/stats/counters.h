#pragma once

#include <cstdint>

namespace tenon::load {

// What one worker counted. Plain numbers: each worker owns its own, the coordinator adds copies up.
struct Counters {
  std::uint64_t sent = 0;             // PUBLISH handed to the kernel or waiting in the link
  std::uint64_t acked = 0;            // PUBACK or PUBCOMP (or a refusing PUBREC) received
  std::uint64_t unmatched = 0;        // of these: nobody subscribed, as 5.0 may say
  std::uint64_t delivered = 0;        // PUBLISH received by subscribers, duplicates included
  std::uint64_t duplicated = 0;       // of the deliveries: seen before
  std::uint64_t disordered = 0;       // of these: came after a later one of the same stream
  std::uint64_t dup_flagged = 0;      // of these: carried DUP
  std::uint64_t stray = 0;            // of these: not meant for this subscriber
  std::uint64_t delivered_bytes = 0;  // payload bytes

  std::uint64_t connected = 0;   // CONNACK with code 0
  std::uint64_t subscribed = 0;  // filters granted

  // Faults of the broker, or of the network between.
  std::uint64_t connects_refused = 0;
  std::uint64_t subscribes_refused = 0;
  std::uint64_t publishes_refused = 0;
  std::uint64_t links_lost = 0;       // closed by the broker, or failed to connect
  std::uint64_t protocol_errors = 0;  // malformed or unexpected packets
  std::uint64_t stalls = 0;           // a QoS 0 window reopened without deliveries

  Counters& operator+=(const Counters& other);
  Counters operator-(const Counters& earlier) const;

  std::uint64_t faults() const {
    return connects_refused + subscribes_refused + publishes_refused + links_lost + protocol_errors + stray;
  }
};

}  // namespace tenon::load
