#include "broker/operate/departures.h"

#include <utility>

#include "broker/link/link.h"
#include "broker/shard.h"

namespace tenon::broker {

namespace {

constexpr std::string_view has_ended = "\1";

std::string write_departure(std::uint8_t kind, const service::inbox::Holder& holder) {
  return std::string(1, static_cast<char>(kind)) + write_remote(holder);
}

// Links to other nodes call without the turn's time.
MonoNs now_of(Shard& home) {
  home.enter();
  return home.time().mono_ns;
}

void ask_its_node(Shard& home, const service::inbox::Holder& holder, const NodeAsks::Time& time,
                  NodeAsks::Done done) {
  home.tables().remote.asks().ask(holder.node, write_departure(departure_question, holder), time,
                                  std::move(done));
}

}  // namespace

void ask_departure(Shard& home, const service::inbox::Holder& holder, std::function<void()> then) {
  const MonoNs began_ns = now_of(home);
  const auto ask_others = [&home, holder, began_ns, then](NodeAsks::Replies&& replies) {
    const MonoNs now_ns = now_of(home);
    const std::int64_t rest_ns = std::min(began_ns + departure_patience_ns - now_ns, departure_relay_ns);
    if (!replies.answers.empty() || rest_ns <= 0) return then();
    home.tables().remote.asks().ask_for_one(write_departure(departure_anywhere_question, holder),
                                            {now_ns, rest_ns}, [then](NodeAsks::Replies&&) { then(); });
  };
  ask_its_node(home, holder, {began_ns, departure_patience_ns}, ask_others);
}

void answer_departure(Shard& home, std::string_view question, NodeAsks::Reply reply) {
  const auto holder = read_remote<service::inbox::Holder>(question);
  if (!holder) return reply({});
  if (holder->node == kv::NodeId{home.context().node_id})
    return home.end_own(*holder, [&home, reply] {
      home.worker().post(make_task([reply] { reply(std::string(has_ended)); }));
    });
  ask_its_node(home, *holder, {now_of(home), departure_relay_ns}, [reply](NodeAsks::Replies&& replies) {
    reply(std::string(replies.answers.empty() ? std::string_view() : has_ended));
  });
}

}  // namespace tenon::broker
