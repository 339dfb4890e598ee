#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::session {

// The aliases that the broker has given to topics towards one client, for the life of one connection
// [MQTT-3.3.2-7]. Pure; not thread-safe.
//
// A topic gets an alias when it comes again while it is among the last few that came; when all aliases are
// taken, one goes that was not used for the longest time, by and large. The aliases are in sets of 16, and
// a topic belongs to one of them: each look goes through one set. A set that no topic has come to takes no
// memory.
class SentAliases {
 public:
  // Shorter topics cost less than their alias is worth; longer ones would be much memory for one client.
  static constexpr std::size_t topic_bytes_min = 8;
  static constexpr std::size_t topic_bytes_max = 1024;

  // What a PUBLISH says beside its topic, or in place of it.
  struct Choice {
    std::uint16_t alias = 0;  // 0: none, the topic stands alone [MQTT-3.3.2-8]
    bool is_known = false;    // the client knows it: the topic is left out
    // The topic has to go along.
    bool is_new() const { return alias != 0 && !is_known; }
  };

  // alias_max: the client's limit and the broker's, whichever is less; not 0. [MQTT-3.3.2-11]
  explicit SentAliases(std::uint16_t alias_max);

  // Notes that a message of `topic` is to be sent. `hash` is any function of the topic, always the same.
  // A new alias means nothing before keep().
  Choice choose(std::string_view topic, std::uint64_t hash);
  // A packet that has the topic and the alias of choose(topic, hash) is on its way: from the next one on the
  // client knows it. What the alias stood for is forgotten. REQUIRES: no other call since choose().
  void keep(std::uint16_t alias, std::string_view topic, std::uint64_t hash);

 private:
  static constexpr std::size_t set_size = 16;
  using Tags = std::array<std::uint32_t, set_size>;  // parts of hashes; 0: nothing there

  struct Set {
    Tags tags{};                      // of `topics`
    Tags seen{};                      // of topics without an alias, the last that came
    std::vector<std::string> topics;  // in the order of their aliases; at most ways_
    std::uint16_t used = 0;           // a bit for each topic that came since the hand passed it
    std::uint8_t hand = 0;            // whose alias is asked for next
    std::uint8_t seen_next = 0;
  };

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32) | 1u; }
  std::size_t set_index(std::uint64_t hash) const { return static_cast<std::uint32_t>(hash) % sets_.size(); }
  std::size_t free_way(Set& set) const;

  std::vector<std::unique_ptr<Set>> sets_;
  std::size_t ways_;  // aliases in a set
};

}  // namespace tenon::session
