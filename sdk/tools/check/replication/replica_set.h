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
};

// Members of one group, with a time and a network that are the check's. Everything follows from the seed.
//
// Holds them to this at any time, over every loss of power: what two of them apply at one index is the same,
// and no two lead in one term. Throws a ReplicationFault.
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
  std::uint64_t await_leader();
  // A proposal that no other is like, put to the leader. False: it is not taken.
  bool propose();
  // Proposes until one is taken, and waits until each member has applied it.
  void agree_on_one(const char* what);
  // All that run have applied as much as any.
  bool is_level();

  void lose_power(std::uint64_t id);
  void set_weather(Weather weather) { weather_ = weather; }
  // Nothing passes between this member and the others; 0: all can hear each other.
  void cut_off(std::uint64_t id) { cut_off_ = id; }

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  const std::vector<Effect>& effects() const { return effects_; }
  // Some of what was sent, from the beginning on.
  const std::vector<std::string>& payloads() const { return payloads_; }
  std::uint64_t applied_count() const { return agreed_.size(); }

 private:
  bool happens(std::uint32_t percent) { return below(100) < percent; }
  void carry(std::vector<PeerMessage> sent);
  void look_at_agreement();
  void look_at_leaders();

  std::vector<Effect> effects_;
  ReplicaWorld world_;
  std::mt19937 random_;
  Weather weather_;
  std::uint64_t cut_off_ = 0;
  std::vector<std::unique_ptr<Replica>> members_;
  std::vector<PeerMessage> under_way_, late_;
  std::vector<std::string> payloads_;
  std::int64_t now_ns_ = 1'000'000'000;
  int proposal_count_ = 0;
  std::vector<AppliedEntry> agreed_;                // by index
  std::map<std::uint64_t, std::size_t> looked_at_;  // member -> applied entries
  std::map<std::uint64_t, std::uint64_t> leaders_;  // term -> member
};

}  // namespace tenon::tools
