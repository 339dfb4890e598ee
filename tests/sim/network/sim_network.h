#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/network/network.h"
#include "sim/world/world.h"

namespace tenon::sim {

// Links between all pairs of nodes that are simply there or not: messages take their time, keep their order
// while a link holds, and are lost with it.
class SimNetwork final : public Network {
 public:
  struct Options {
    std::int64_t delay_min_ns = 50'000;
    std::int64_t delay_max_ns = 3 * ns_per_ms;
    std::uint32_t loss_per_million = 0;
    // Of messages between members of a group, which may come twice, or so late that others overtake them and
    // the link has been down meanwhile.
    std::uint32_t double_per_million = 0;
    std::uint32_t late_per_million = 0;
    // Of the appends of replication-raft: have fewer entries than were sent.
    std::uint32_t short_per_million = 0;
  };
  SimNetwork(World& world, const Options& options)
      : world_(world), random_(world.random_for("network")), options_(options) {}

  void add(NetworkEnd& end) override;
  void on_node_up(std::uint32_t node) override;
  void on_node_down(std::uint32_t node, NodeEnd how) override;

  void send(std::uint32_t from, std::uint32_t to, store::PeerMessage kind, std::string&& body) override;

  void block(std::uint32_t from, std::uint32_t to) override;
  void unblock(std::uint32_t from, std::uint32_t to) override;
  void break_link(std::uint32_t a, std::uint32_t b) override;
  void set_slowness(std::uint32_t factor) override { slowness_ = factor; }
  void heal() override;

  bool is_linked(std::uint32_t a, std::uint32_t b) const override { return link(a, b).is_up; }
  std::uint64_t generation(std::uint32_t a, std::uint32_t b) const override { return link(a, b).generation; }

  std::uint64_t delivered_count() const override { return delivered_count_; }

 private:
  struct Way {
    std::uint32_t block_count = 0;
    MonoNs last_arrival_ns = 0;
  };
  struct Link {
    bool is_up = false;
    std::uint64_t generation = 0;  // counted up whenever it goes down
  };
  Way& way(std::uint32_t from, std::uint32_t to) { return ways_[from * ends_.size() + to]; }
  std::size_t link_place(std::uint32_t a, std::uint32_t b) const {
    return a < b ? a * ends_.size() + b : b * ends_.size() + a;
  }
  Link& link(std::uint32_t a, std::uint32_t b) { return links_[link_place(a, b)]; }
  const Link& link(std::uint32_t a, std::uint32_t b) const { return links_[link_place(a, b)]; }
  bool is_free(std::uint32_t a, std::uint32_t b) {
    return way(a, b).block_count == 0 && way(b, a).block_count == 0;
  }
  bool has_chance(std::uint32_t per_million) {
    return per_million > 0 && random_.below(1'000'000) < per_million;
  }
  void deliver_late(std::uint32_t from, std::uint32_t to, store::PeerMessage kind, std::string body);
  void deliver(std::uint32_t from, std::uint32_t to, store::PeerMessage kind, const std::string& body);
  void deliver_later(std::uint32_t from, std::uint32_t to, store::PeerMessage kind, std::string body);
  void connect(std::uint32_t a, std::uint32_t b);
  void connect_later(std::uint32_t a, std::uint32_t b);
  void disconnect(std::uint32_t a, std::uint32_t b);

  World& world_;
  test::SimRandom random_;
  Options options_;
  std::uint32_t slowness_ = 1;
  std::vector<NetworkEnd*> ends_;
  std::vector<Way> ways_;
  std::vector<Link> links_;
  std::uint64_t delivered_count_ = 0;
};

}  // namespace tenon::sim
