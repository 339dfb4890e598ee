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

NodeAsks::Time from_now(const Shard& home, std::int64_t patience_ns) {
  return {home.time().mono_ns, patience_ns};
}

void ask_directly(Shard& home, const service::inbox::Holder& holder, std::int64_t patience_ns,
                  NodeAsks::Done done) {
  home.tables().remote.asks().ask(holder.node, write_departure(departure_question, holder),
                                  from_now(home, patience_ns), std::move(done));
}

// Calls `then` on the thread of `home`.
void end_own(Shard& home, const service::inbox::Holder& holder, std::function<void()> then) {
  home.end_own(holder, [&home, then = std::move(then)] { home.worker().post(make_task(then)); });
}

}  // namespace

void ask_departure(Shard& home, const service::inbox::Holder& holder, std::function<void()> then) {
  ask_directly(home, holder, departure_direct_ns, [&home, holder, then](NodeAsks::Replies&& replies) {
    if (!replies.answers.empty()) return then();
    home.tables().remote.asks().ask_for_one(write_departure(departure_anywhere_question, holder),
                                            from_now(home, departure_patience_ns - departure_direct_ns),
                                            [then](NodeAsks::Replies&&) { then(); });
  });
}

void answer_departure(Shard& home, std::string_view question, NodeAsks::Reply reply) {
  const auto holder = read_remote<service::inbox::Holder>(question);
  if (!holder) return reply({});
  end_own(home, *holder, [reply] { reply({}); });
}

void answer_departure_anywhere(Shard& home, std::string_view question, NodeAsks::Reply reply) {
  const auto holder = read_remote<service::inbox::Holder>(question);
  if (!holder) return reply({});
  if (holder->node == kv::NodeId{home.context().node_id})
    return end_own(home, *holder, [reply] { reply(std::string(has_ended)); });
  ask_directly(home, *holder, departure_patience_ns - departure_direct_ns,
               [reply](NodeAsks::Replies&& replies) {
                 reply(std::string(replies.answers.empty() ? std::string_view() : has_ended));
               });
}

}  // namespace tenon::broker
