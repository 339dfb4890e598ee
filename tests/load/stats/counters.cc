#include "load/stats/counters.h"

#include <array>

namespace tenon::load {

namespace {

using Field = std::uint64_t Counters::*;

constexpr std::array fields = {
    &Counters::sent,
    &Counters::acked,
    &Counters::unmatched,
    &Counters::delivered,
    &Counters::duplicated,
    &Counters::disordered,
    &Counters::dup_flagged,
    &Counters::stray,
    &Counters::delivered_bytes,
    &Counters::connected,
    &Counters::subscribed,
    &Counters::connects_refused,
    &Counters::subscribes_refused,
    &Counters::publishes_refused,
    &Counters::links_lost,
    &Counters::protocol_errors,
    &Counters::stalls,
};
static_assert(sizeof(Counters) == fields.size() * sizeof(std::uint64_t), "a counter is missing above");

}  // namespace

Counters& Counters::operator+=(const Counters& other) {
  for (const Field field : fields) this->*field += other.*field;
  return *this;
}

Counters Counters::operator-(const Counters& earlier) const {
  Counters difference = *this;
  for (const Field field : fields) difference.*field -= earlier.*field;
  return difference;
}

}  // namespace tenon::load
