#pragma once

#include <string>
#include <string_view>

#include "service/inbox/inbox_commands.h"
#include "support/sim_random.h"

namespace tenon::service::inbox {

// Ops that make sense, on few clients, numbers and epochs, so that they often meet a session.
class RandomOps {
 public:
  explicit RandomOps(std::uint64_t seed) : random(seed) {}

  void add_one(CommandBuilder& command) {
    const Held held{owner(), 1 + random.below(3), 1 + random.below(4)};
    const std::uint64_t number = 1 + random.below(12);
    switch (random.below(13)) {
      case 0:
        if (random.percent(50))
          return command.add(AttachHolding{static_cast<std::uint32_t>(random.below(9)), attach(held.owner)});
        return command.add(attach(held.owner));
      case 1:
        return command.add(Detach{held, expiry_s(), random.percent(50) ? WillFate::keep : WillFate::drop});
      case 2:
        return command.add(Sent{held, number});
      case 3:
        return command.add(Acknowledge{held, {number, number + 1}});
      case 4:
        return command.add(Release{held, {number}});
      case 5:
        return command.add(Received{held, {static_cast<std::uint16_t>(number)}, {3}});
      case 6:
        return command.add(PutSubscription{held, filter(), {}, 2});
      case 7:
        return command.add(RemoveSubscription{held, filter()});
      case 8:
        if (random.percent(20)) return command.add(End{held.owner, held.number});
        return command.add(Tick{held.owner});
      case 9:
        if (random.percent(30)) return command.add(abandon(held.owner));
        if (random.percent(30))
          return command.add(SettleWill{
              held.owner, {held.number, held.epoch}, random.percent(50) ? WillFate::keep : WillFate::drop});
        return command.add(WillDone{held.owner, {held.number, held.epoch}});
      case 10:
        if (random.percent(20)) return command.add(NodeGone{node(), 1 + random.below(2), "", 2});
        [[fallthrough]];
      default:
        return command.add(append());
    }
  }

  test::SimRandom random;

 private:
  static constexpr std::string_view clients[] = {"a", "b", "c", "dd"};
  static constexpr std::string_view filters[] = {"a", "b/#", "+"};

  Owner owner() { return {random.percent(80) ? "" : "tenant", clients[random.below(std::size(clients))]}; }
  std::string_view filter() { return filters[random.below(std::size(filters))]; }
  kv::NodeId node() { return kv::NodeId{1 + random.below(2)}; }
  std::uint32_t expiry_s() {
    constexpr std::uint32_t all[] = {0, 5, 60, never_expires_s};
    return all[random.below(std::size(all))];
  }
  static StoredMessage message(std::string_view payload, UnixMs expires_at_ms) {
    StoredMessage stored;
    stored.view.topic = "t";
    stored.view.payload = as_bytes(payload);
    stored.view.expires_at_ms = expires_at_ms;
    return stored;
  }
  Attach attach(const Owner& of) {
    Attach op{of,
              1 + random.below(3),
              random.percent(20),
              expiry_s(),
              Holder{node(), 1 + random.below(2), random.below(2)},
              {}};
    if (random.percent(40))
      op.will = Attach::Will{message("will", 0), static_cast<std::uint32_t>(random.below(9))};
    return op;
  }
  Abandon abandon(const Owner& of) {
    return {of, Holder{node(), 1 + random.below(2), random.below(2)}, 1 + random.below(3)};
  }
  Append append() {
    const auto expires_at_ms = static_cast<UnixMs>(random.percent(30) ? 1 + random.below(200'000) : 0);
    const auto overflow = random.percent(50) ? Overflow::refuse_newest : Overflow::drop_oldest;
    Append op{message("payload", expires_at_ms), {6, 1000, overflow}, {}};
    for (std::uint64_t i = random.below(3); i < 3; ++i)
      op.targets.push_back({owner(),
                            1 + random.below(3),
                            random.percent(50) ? mqtt::QoS::at_least_once : mqtt::QoS::exactly_once,
                            false,
                            {}});
    return op;
  }
};

}  // namespace tenon::service::inbox
