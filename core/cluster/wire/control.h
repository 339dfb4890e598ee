#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest/sha256.h"
#include "cluster/endpoint.h"
#include "cluster/link_end.h"
#include "cluster/node_id.h"
#include "cluster/wire/frame.h"

namespace tenon::cluster {

// Bodies of the frames of the control lane. Reading: empty when the body does not hold together. A body grows
// at its end only; what follows the known fields is left unread.

// Who a node is. The first frame of each side.
struct Hello {
  static constexpr std::size_t nonce_bytes = 16;
  static constexpr std::size_t text_bytes_max = 255;

  std::uint16_t version_min = 0;
  std::uint16_t version_max = 0;
  NodeId node = NodeId::none;
  std::uint64_t incarnation = 0;  // grows with each start of the node
  std::uint64_t cluster_id = 0;   // 0: not founded yet
  std::array<std::uint8_t, nonce_bytes> nonce{};
  std::string env;
  Endpoint address;  // where the node accepts links
  // What the node can do beyond the protocol; not read here. At most text_bytes_max bytes, none of an older
  // version.
  std::string abilities;
  // Random, and the same in all hellos of one process; 0: of an older version, which says none. Two that
  // differ are two processes, whatever else they say.
  std::uint64_t process = 0;

  friend bool operator==(const Hello&, const Hello&) = default;
};
// REQUIRES: env and host have at most text_bytes_max bytes.
std::string write_hello(const Hello& hello);
std::optional<Hello> read_hello(std::string_view body);

// That the sender knows the token: a keyed digest of both hello bodies, which have a fresh nonce each. The
// two sides' digests differ, so that none can be sent back.
enum class Side : std::uint8_t { dialler = 0, acceptor = 1 };
Sha256Digest token_proof(std::string_view token, Side sender, std::string_view dialler_hello,
                         std::string_view acceptor_hello);

std::string write_welcome(const Sha256Digest& proof);
std::optional<Sha256Digest> read_welcome(std::string_view body);

// As token_proof(), for the `end` that says that the receiver was removed; never a proof for a welcome.
Sha256Digest removal_proof(std::string_view token, Side sender, std::string_view dialler_hello,
                           std::string_view acceptor_hello);
// Likewise for the `end` that says that another process has the receiver's id.
Sha256Digest twin_proof(std::string_view token, Side sender, std::string_view dialler_hello,
                        std::string_view acceptor_hello);
// `proof` follows the reason; older versions send none, and leave it unread. Behind it, where that process
// is reached. REQUIRES: no address without a proof.
std::string write_end(LinkEnd why, const std::optional<Sha256Digest>& proof = std::nullopt,
                      const std::optional<Endpoint>& twin = std::nullopt);
std::optional<Sha256Digest> read_end_proof(std::string_view body);
std::optional<Endpoint> read_end_twin(std::string_view body);
// A reason that this version does not know reads as `lost`.
std::optional<LinkEnd> read_end(std::string_view body);

// ping and pong: a number that the pong repeats.
std::string write_ping(std::uint64_t sequence);
std::optional<std::uint64_t> read_ping(std::string_view body);

struct NodeAddress {
  NodeId node = NodeId::none;
  Endpoint address;

  friend bool operator==(const NodeAddress&, const NodeAddress&) = default;
};

// Whether the receiver hears a node.
struct Ask {
  NodeId about = NodeId::none;
  // Says nothing to who is asked, who repeats it; none: of an older version.
  std::optional<std::uint64_t> tag;

  friend bool operator==(const Ask&, const Ask&) = default;
};
std::string write_ask(const Ask& ask);
std::optional<Ask> read_ask(std::string_view body);

// What the sender's own link to a node has brought.
struct Heard {
  NodeId node = NodeId::none;
  std::uint64_t incarnation = 0;
  std::uint32_t ago_ms = 0;
  std::optional<std::uint64_t> tag;  // of what was asked

  friend bool operator==(const Heard&, const Heard&) = default;
};
std::string write_heard(const Heard& heard);
std::optional<Heard> read_heard(std::string_view body);

// How far the stream of a lane may go, counted from its begin.
struct Credit {
  Lane lane = Lane::control;
  std::uint64_t limit = 0;

  friend bool operator==(const Credit&, const Credit&) = default;
};
std::string write_credit(const Credit& credit);
std::optional<Credit> read_credit(std::string_view body);

std::string write_nodes(const std::vector<NodeAddress>& nodes);
std::optional<std::vector<NodeAddress>> read_nodes(std::string_view body);

}  // namespace tenon::cluster
