#include "node/kept/kept_peers.h"

#include <optional>
#include <string_view>
#include <utility>

#include "node/kept/kept_file.h"
#include "node/peers/peer_plan.h"

namespace tenon::node {

namespace {

// "1", then an address a line.
constexpr std::string_view head = "1\n";
// A host has 255 bytes at most.
constexpr std::size_t text_bytes_max = head.size() + KeptPeers::count_max * 270;

// Empty: the text does not hold together.
std::optional<std::vector<cluster::Endpoint>> read_addresses(std::string_view text) {
  if (!text.starts_with(head)) return std::nullopt;
  text.remove_prefix(head.size());
  std::vector<cluster::Endpoint> addresses;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    auto address = read_endpoint(text.substr(0, end), 0);
    if (!address || address->port == 0) return std::nullopt;
    addresses.push_back(std::move(*address));
    text.remove_prefix(end + 1);
  }
  return addresses;
}

}  // namespace

KeptPeers::KeptPeers(Disk& disk, std::string data_dir, observe::Health& health)
    : disk_(disk), data_dir_(std::move(data_dir)), path_(data_dir_ + "/peers"), health_(health) {}

std::vector<cluster::Endpoint> KeptPeers::read() {
  auto kept = read_kept_file(disk_, path_, text_bytes_max);
  if (!kept) {
    show(kept.error().message);
    return {};
  }
  if (!*kept) return {};
  auto addresses = read_addresses(**kept);
  if (!addresses) {
    show(path_ + " is no list of addresses; it is written anew when a node is linked");
    return {};
  }
  text_ = std::move(**kept);
  return std::move(*addresses);
}

void KeptPeers::keep(const std::set<cluster::Endpoint>& addresses) {
  std::string text(head);
  std::size_t count = 0;
  for (const cluster::Endpoint& address : addresses)
    if (count < count_max && read_endpoint(address.text(), 0) == address) {
      text += address.text() + "\n";
      ++count;
    }
  if (text == text_) return;
  const Status kept = keep_file(disk_, data_dir_, path_, text);
  if (kept.ok()) text_ = std::move(text);
  show(kept.ok() ? "" : kept.error().message);
}

void KeptPeers::show(const std::string& trouble) {
  if (trouble.empty())
    health_.remove("peers");
  else
    health_.set("peers", observe::HealthState::degraded,
                "the addresses of other nodes are not kept for the next start: " + trouble);
}

}  // namespace tenon::node
