#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "node/marks/node_marks.h"

namespace tenon::node {

// What a node does that is to be drained: hands over what it leads, sends its clients away, has others take
// its replicas. One after the other, so that who is still connected is served as ever. Pure; one owner.
class DrainWork {
 public:
  enum class Phase : std::uint8_t {
    none,      // it serves
    leaders,   // others take over what it leads
    clients,   // they are sent away
    replicas,  // others take them; what can't be placed stays
    done,      // it has nothing that anybody would miss
  };
  // Leaders that nobody takes over do not hold the rest up for longer than this.
  static constexpr std::int64_t leaders_patience_ns = 15 * ns_per_s;
  // Nor do links on which nobody is in: clients that are sent away come back to hear it again.
  static constexpr std::int64_t links_patience_ns = 15 * ns_per_s;

  // What the node has at this moment.
  struct Facts {
    std::size_t leaders = 0;  // ranges that it leads, and another one could lead
    std::size_t clients = 0;  // that are in
    std::size_t replicas = 0;
    bool is_known = false;  // of leaders and replicas: what is there was counted
    MonoNs now_ns = 0;
    std::size_t links = 0;  // of clients, in or not
  };
  struct Step {
    bool hands_over = false;      // what it leads
    std::size_t sends_away = 0;   // so many clients
    bool gives_replicas = false;  // its mark is to say so
  };

  // What `meta` says of the node now; null: nothing.
  void set_mark(const DrainMark* mark, MonoNs now_ns);
  // To be asked for as often as one likes; clients go as smoothly as that is.
  Step step(const Facts& facts);
  Phase phase() const { return phase_; }

 private:
  void enter(Phase phase, MonoNs now_ns);
  std::size_t due_clients(const Facts& facts);

  Phase phase_ = Phase::none;
  std::uint32_t rate_ = 0;
  bool gives_replicas_ = false;
  std::size_t leaders_ = SIZE_MAX;  // as few as there ever were
  MonoNs since_ns_ = 0;             // of the phase; the last leader has gone, or the last client was there
  MonoNs sent_ns_ = 0;              // clients were sent away until then
};

std::string_view to_string(DrainWork::Phase phase);
std::optional<DrainWork::Phase> drain_phase_of(std::uint8_t number);

}  // namespace tenon::node
