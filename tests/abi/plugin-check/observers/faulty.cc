// Observers with one fault each, chosen by FAULT.
#include <tenon/kind/events.hpp>
#include <tenon/module.hpp>

namespace tenon::faulty {

enum Fault { wishes_for_no_filter, refuses_the_unknown };

class Observer : public sdk::EventsPlugin<Observer> {
 public:
  static constexpr sdk::PluginInfo info = {.id = "acme.observer", .name = "observer", .version = "1.0"};
  using EventsPlugin::EventsPlugin;

  sdk::EventWishes wishes() const {
    if (FAULT == wishes_for_no_filter)
      return {sdk::EventWishes::bit(TENON_EVENT_MESSAGE_PUBLISHED), {"a/#/b"}, 0};
    return {sdk::EventWishes::bit(TENON_EVENT_CLIENT_CONNECTED), {}, 0};
  }
  void deliver(const sdk::EventBatch& events, std::uint64_t) {
    for (std::uint64_t i = 0; i < events.size(); ++i)
      if (FAULT == refuses_the_unknown && events[i].type() > TENON_EVENT_TYPE_LAST)
        throw sdk::Failure(TENON_E_INVALID, "what is that?");
  }
};

}  // namespace tenon::faulty

TENON_CPP_MODULE(1, "acme.observer", "1.0", tenon::faulty::Observer)
