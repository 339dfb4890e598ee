#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/network/network.h"
#include "sim/world/world.h"

namespace tenon::sim {

// Names one connection between two nodes; never reused.
enum class WireKey : std::uint64_t {};

// A node's process, as its connections know it.
class WireOwner {
 public:
  // What dial() has come to: a connection, or none.
  virtual void on_dialled(std::uint32_t to, WireKey wire) = 0;
  virtual void on_dial_failed(std::uint32_t to) = 0;
  virtual void on_accepted(WireKey wire) = 0;
  virtual void on_bytes(WireKey wire, const std::string& bytes) = 0;
  virtual void on_closed(WireKey wire) = 0;

 protected:
  ~WireOwner() = default;
};

// Connections between nodes, which are named by their place, as TCP has them: bytes arrive in their order or
// not at all. What is lost on the way is sent again and only comes later, and so is what was sent into a way
// that is blocked. Of an end that lost its power nobody hears, until it is back and knows nothing of the
// connection.
class Wires {
 public:
  struct Options {
    std::int64_t delay_min_ns = 50'000;
    std::int64_t delay_max_ns = 3 * ns_per_ms;
    std::uint32_t loss_per_million = 0;   // of what is written at a time
    std::int64_t dial_ns = 3 * ns_per_s;  // a dial that is not answered for so long has failed
  };
  Wires(World& world, const Options& options)
      : world_(world), random_(world.random_for("wires")), options_(options) {}

  void add_place();
  // A process begins at the place, and ends. `owner` lives until then.
  void attach(std::uint32_t place, WireOwner& owner);
  void detach(std::uint32_t place, NodeEnd how);

  // REQUIRES of all that take `from`: a process is attached there. on_dialled() or on_dial_failed() follows,
  // unless the process ends before.
  void dial(std::uint32_t from, std::uint32_t to);
  void write(std::uint32_t from, WireKey wire, std::string&& bytes);
  // Behind what was written. No event of the wire follows here.
  void close(std::uint32_t from, WireKey wire);

  void block(std::uint32_t from, std::uint32_t to);
  void unblock(std::uint32_t from, std::uint32_t to);
  bool is_free(std::uint32_t from, std::uint32_t to) const { return place(from).blocks[to] == 0; }
  // Which process at its other end opened or took the wire, counted from 1 at each place; 0: there is no such
  // wire.
  std::uint64_t life_at_other_end(WireKey wire, std::uint32_t place) const;
  // All connections of the two are reset.
  void reset(std::uint32_t a, std::uint32_t b);
  void set_slowness(std::uint32_t factor) { slowness_ = factor; }
  void heal();

 private:
  struct Chunk {
    std::string bytes;
    bool is_end = false;
  };
  // One direction of a wire.
  struct Way {
    std::deque<Chunk> chunks;
    std::size_t due_count = 0;  // of them: have had their time, and wait for the way to be free
    MonoNs last_arrival_ns = 0;
  };
  struct Wire {
    std::uint32_t places[2] = {};
    std::uint64_t lives[2] = {};
    bool is_open[2] = {true, true};
    Way ways[2];  // from this end
  };
  struct Place {
    WireOwner* owner = nullptr;
    std::uint64_t life = 0;
    bool has_power = false;
    std::vector<std::uint32_t> blocks;  // by receiver
  };

  Place& place(std::uint32_t number) { return places_[number]; }
  const Place& place(std::uint32_t number) const { return places_[number]; }
  static int end_at(const Wire& wire, std::uint32_t place) { return wire.places[0] == place ? 0 : 1; }
  std::int64_t draw_delay() {
    return draw_delay_ns(random_, options_.delay_min_ns, options_.delay_max_ns) * slowness_;
  }
  void try_dial(std::uint32_t from, std::uint32_t to, std::uint64_t life, MonoNs deadline_ns);
  void put(WireKey key, Wire& wire, int end, Chunk&& chunk);
  void arrive(WireKey key, int from_end);
  void deliver(WireKey key, int from_end);
  void refuse_later(WireKey key, int to_end);
  void cut(WireKey key, int end);
  void forget_if_over(WireKey key);
  void way_is_free(std::uint32_t from, std::uint32_t to);

  World& world_;
  test::SimRandom random_;
  Options options_;
  std::uint32_t slowness_ = 1;
  std::vector<Place> places_;
  std::map<WireKey, Wire> wires_;
  std::uint64_t last_key_ = 0;
};

}  // namespace tenon::sim
