#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "replication/replica.h"

namespace tenon::tools {

// What becomes of messages, in percent.
struct Weather {
  std::uint32_t lost = 0;
  std::uint32_t doubled = 0;
  std::uint32_t late = 0;  // they come in some later round, behind younger ones
  std::uint32_t slow = 0;  // ticks at whose end what was written is not yet durable
};

// Members of one group, with a time and a network that are the check's. Everything follows from the seed.
//
// Holds them to this at any time, over every loss of power: what two of them apply at one index is the same,
// a majority has it durable when the first applies it, and no two lead in one term. Throws a
// ReplicationFault.
class ReplicaSet {
 public:
  ReplicaSet(CheckHost& check_host, const tenon_plugin_descriptor& descriptor, const Subject& subject,
             std::uint64_t count);

  Replica& member(std::uint64_t id) { return *members_[static_cast<std::size_t>(id - 1)]; }
  std::uint64_t count() const { return members_.size(); }

  // Time passes; each member that runs takes in what came, does its turns, and writes.
  void tick();
  void ticks(int count) {
    while (count-- > 0) tick();
  }
  // Ticks until `done`; throws with "after ... ticks <what>" when that does not come.
  void until(const std::function<bool()>& done, const char* what);

  // Who leads with the highest term, 0: nobody.
  std::uint64_t leader();
  // The same of all but `id`.
  std::uint64_t leader_of_others(std::uint64_t id);
  std::uint64_t await_leader();
  // A proposal that no other is like, put to the leader. False: it is not taken.
  bool propose();
  // Proposes until one is taken, and waits until each member but `without` has applied it.
  void agree_on_one(const char* what, std::uint64_t without = 0);
  // All that run have applied as much as any.
  bool is_level();

  // What it has sent is on its way all the same.
  void lose_power(std::uint64_t id);
  void start_all();
  void set_weather(Weather weather) { weather_ = weather; }
  // Nothing passes between this member and the others; 0: all can hear each other.
  void cut_off(std::uint64_t id) { cut_off_ = id; }
  // This member gets no call from tick(), as if its node stood still; 0: none.
  void freeze(std::uint64_t id) { frozen_ = id; }
  // Nothing passes but to and from this member; 0: all can hear each other.
  void only_through(std::uint64_t id) { hub_ = id; }

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  const std::vector<Effect>& effects() const { return effects_; }
  // Some of what was sent, from the beginning on.
  const std::vector<std::string>& payloads() const { return payloads_; }
  std::uint64_t applied_count() const { return agreed_.size(); }

 private:
  bool happens(std::uint32_t percent) { return below(100) < percent; }
  void carry(std::vector<PeerMessage> sent);
  void look_at_agreement();
  bool passes(std::uint64_t from, std::uint64_t to) const;
  // Tells each member which links came and went since it was told last.
  void tell_links();
  void look_at_durability(const AppliedEntry& entry) const;

  std::vector<Effect> effects_;
  std::map<std::uint64_t, std::uint64_t> leaders_;
  ReplicaWorld world_;
  std::mt19937 random_;
  Weather weather_;
  std::uint64_t cut_off_ = 0, frozen_ = 0, hub_ = 0;
  std::vector<std::unique_ptr<Replica>> members_;
  std::vector<PeerMessage> under_way_, late_;
  std::vector<std::string> payloads_;
  std::int64_t now_ns_ = 1'000'000'000;
  int proposal_count_ = 0;
  std::vector<AppliedEntry> agreed_;                // by index
  std::map<std::uint64_t, std::size_t> looked_at_;  // member -> applied entries
  // member and another -> the run of each of them for which the link was told to be up, 0: it was not
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::pair<std::uint64_t, std::uint64_t>> told_up_;
};

}  // namespace tenon::tools
