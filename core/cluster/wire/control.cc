#include "cluster/wire/control.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/wire.h"

namespace tenon::cluster {

namespace {

// "TNON": tells a node of ours from anything else that listens on a port.
constexpr std::uint32_t magic = 0x4e4f4e54;
constexpr std::string_view proof_label = "tenon peer proof 1";
constexpr std::string_view removal_label = "tenon peer removed";
constexpr std::string_view twin_label = "tenon peer twin";

Sha256Digest proof_with(std::string_view label, std::string_view token, Side sender,
                        std::string_view dialler_hello, std::string_view acceptor_hello) {
  std::string text;
  WireWriter out(text);
  out.raw(label);
  out.u8(static_cast<std::uint8_t>(sender));
  out.bytes(dialler_hello);
  out.bytes(acceptor_hello);
  return hmac_sha256(token, text);
}

void write_address(WireWriter& out, const Endpoint& address) {
  TENON_BUG(address.host.size() <= Hello::text_bytes_max, "a host name is short");
  out.bytes(address.host);
  out.u16(address.port);
}

std::string_view read_text(WireReader& in) {
  const std::string_view text = in.bytes();
  if (text.size() > Hello::text_bytes_max) in.fail();
  return text;
}

Endpoint read_address(WireReader& in) {
  Endpoint address;
  address.host = read_text(in);
  address.port = in.u16();
  if (address.host.empty() || address.port == 0) in.fail();
  return address;
}

std::string_view raw_text(const auto& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string write_hello(const Hello& hello) {
  TENON_BUG(hello.env.size() <= Hello::text_bytes_max, "an environment's name is short");
  TENON_BUG(hello.abilities.size() <= Hello::text_bytes_max, "abilities are few");
  std::string body;
  WireWriter out(body);
  out.u32(magic);
  out.u16(hello.version_min);
  out.u16(hello.version_max);
  out.u64(static_cast<std::uint64_t>(hello.node));
  out.u64(hello.incarnation);
  out.u64(hello.cluster_id);
  out.raw(raw_text(hello.nonce));
  out.bytes(hello.env);
  write_address(out, hello.address);
  if (!hello.abilities.empty() || hello.process != 0) out.bytes(hello.abilities);
  if (hello.process != 0) out.u64(hello.process);
  return body;
}

std::optional<Hello> read_hello(std::string_view body) {
  WireReader in(body);
  Hello hello;
  if (in.u32() != magic) return std::nullopt;
  hello.version_min = in.u16();
  hello.version_max = in.u16();
  hello.node = static_cast<NodeId>(in.u64());
  hello.incarnation = in.u64();
  hello.cluster_id = in.u64();
  const std::string_view nonce = in.raw(hello.nonce.size());
  std::copy(nonce.begin(), nonce.end(), hello.nonce.begin());
  hello.env = read_text(in);
  hello.address = read_address(in);
  if (in.ok() && !in.at_end()) hello.abilities = read_text(in);
  if (in.ok() && !in.at_end()) hello.process = in.u64();
  if (!in.ok() || hello.node == NodeId::none || hello.version_min > hello.version_max) return std::nullopt;
  return hello;
}

Sha256Digest token_proof(std::string_view token, Side sender, std::string_view dialler_hello,
                         std::string_view acceptor_hello) {
  return proof_with(proof_label, token, sender, dialler_hello, acceptor_hello);
}

Sha256Digest removal_proof(std::string_view token, Side sender, std::string_view dialler_hello,
                           std::string_view acceptor_hello) {
  return proof_with(removal_label, token, sender, dialler_hello, acceptor_hello);
}

std::string write_welcome(const Sha256Digest& proof) {
  return std::string(raw_text(proof));
}

std::optional<Sha256Digest> read_welcome(std::string_view body) {
  WireReader in(body);
  Sha256Digest proof;
  const std::string_view bytes = in.raw(proof.size());
  if (!in.ok()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), proof.begin());
  return proof;
}

Sha256Digest twin_proof(std::string_view token, Side sender, std::string_view dialler_hello,
                        std::string_view acceptor_hello) {
  return proof_with(twin_label, token, sender, dialler_hello, acceptor_hello);
}

std::string write_end(LinkEnd why, const std::optional<Sha256Digest>& proof,
                      const std::optional<Endpoint>& twin) {
  TENON_BUG(proof || !twin, "an address stands behind a proof");
  std::string body(1, static_cast<char>(why));
  if (proof) body += raw_text(*proof);
  if (!twin) return body;
  WireWriter out(body);
  write_address(out, *twin);
  return body;
}

std::optional<Sha256Digest> read_end_proof(std::string_view body) {
  return body.empty() ? std::nullopt : read_welcome(body.substr(1));
}

std::optional<Endpoint> read_end_twin(std::string_view body) {
  constexpr std::size_t before_bytes = 1 + std::tuple_size_v<Sha256Digest>;
  if (body.size() <= before_bytes) return std::nullopt;
  WireReader in(body.substr(before_bytes));
  Endpoint twin = read_address(in);
  if (!in.ok()) return std::nullopt;
  return twin;
}

std::optional<LinkEnd> read_end(std::string_view body) {
  WireReader in(body);
  const std::uint8_t number = in.u8();
  if (!in.ok()) return std::nullopt;
  return link_end_of(number).value_or(LinkEnd::lost);
}

std::string write_ping(std::uint64_t sequence) {
  std::string body;
  WireWriter(body).u64(sequence);
  return body;
}

std::optional<std::uint64_t> read_ping(std::string_view body) {
  WireReader in(body);
  const std::uint64_t sequence = in.u64();
  if (!in.ok()) return std::nullopt;
  return sequence;
}

std::string write_ask(const Ask& ask) {
  std::string body;
  WireWriter out(body);
  out.u64(static_cast<std::uint64_t>(ask.about));
  if (ask.tag) out.u64(*ask.tag);
  return body;
}

std::optional<Ask> read_ask(std::string_view body) {
  WireReader in(body);
  Ask ask;
  ask.about = NodeId{in.u64()};
  if (in.ok() && !in.at_end()) ask.tag = in.u64();
  if (!in.ok() || ask.about == NodeId::none) return std::nullopt;
  return ask;
}

std::string write_heard(const Heard& heard) {
  std::string body;
  WireWriter out(body);
  out.u64(static_cast<std::uint64_t>(heard.node));
  out.u64(heard.incarnation);
  out.u32(heard.ago_ms);
  if (heard.tag) out.u64(*heard.tag);
  return body;
}

std::optional<Heard> read_heard(std::string_view body) {
  WireReader in(body);
  Heard heard;
  heard.node = NodeId{in.u64()};
  heard.incarnation = in.u64();
  heard.ago_ms = in.u32();
  if (in.ok() && !in.at_end()) heard.tag = in.u64();
  if (!in.ok() || heard.node == NodeId::none) return std::nullopt;
  return heard;
}

std::string write_credit(const Credit& credit) {
  std::string body;
  WireWriter out(body);
  out.u8(static_cast<std::uint8_t>(credit.lane));
  out.u64(credit.limit);
  return body;
}

std::optional<Credit> read_credit(std::string_view body) {
  WireReader in(body);
  Credit credit;
  credit.lane = static_cast<Lane>(in.u8());
  credit.limit = in.u64();
  if (!in.ok()) return std::nullopt;
  return credit;
}

std::string write_nodes(const std::vector<NodeAddress>& nodes) {
  std::string body;
  WireWriter out(body);
  out.varint(nodes.size());
  for (const NodeAddress& one : nodes) {
    std::string record;
    WireWriter fields(record);
    fields.u64(static_cast<std::uint64_t>(one.node));
    write_address(fields, one.address);
    out.bytes(record);
  }
  return body;
}

std::optional<std::vector<NodeAddress>> read_nodes(std::string_view body) {
  WireReader in(body);
  std::vector<NodeAddress> nodes;
  // A count that the body can't hold ends the loop with the first record that is not there.
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    WireReader record(in.bytes());
    NodeAddress one;
    one.node = static_cast<NodeId>(record.u64());
    one.address = read_address(record);
    if (!record.ok() || one.node == NodeId::none) return std::nullopt;
    nodes.push_back(std::move(one));
  }
  if (!in.ok()) return std::nullopt;
  return nodes;
}

}  // namespace tenon::cluster
