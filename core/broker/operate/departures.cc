#include "broker/operate/departures.h"

#include <utility>

#include "broker/link/link.h"
#include "broker/shard.h"

namespace tenon::broker {

std::string write_departure(const service::inbox::Holder& holder) {
  return std::string(1, static_cast<char>(departure_question)) + write_remote(holder);
}

void answer_departure(std::span<const std::unique_ptr<Shard>> shards, std::string_view question,
                      NodeAsks::Reply reply) {
  const auto holder = read_remote<service::inbox::Holder>(question);
  if (!holder) return reply({});
  Shard& home = *shards[0];
  home.end_own(*holder,
               [&home, reply = std::move(reply)] { home.worker().post(make_task([reply] { reply({}); })); });
}

}  // namespace tenon::broker
